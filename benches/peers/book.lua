-- Books one seat: KEYS[1] is the concert, ARGV[1] the user. Answers with the booking's number, 0 when it is sold out, -1 when the user
-- has a booking already. Redis runs a script alone and writes what it did as one transaction.
local concert, user = KEYS[1], ARGV[1]
if tonumber(redis.call('HGET', concert, 'remaining')) <= 0 then
  return 0
end
if redis.call('SADD', concert .. ':buyers', user) == 0 then
  return -1
end
redis.call('HINCRBY', concert, 'remaining', -1)
local sequence = redis.call('HINCRBY', concert, 'sequence', 1)
local id = concert .. '-' .. sequence
local now = redis.call('TIME')
redis.call('SET', 'booking:' .. id, '{"id":"' .. id .. '","user":"' .. user .. '","concert":"' .. concert ..
  '","time":' .. now[1] .. '.' .. string.format('%06d', now[2]) .. ',"sequence":' .. sequence .. '}')
redis.call('RPUSH', 'user:' .. user .. ':bookings', id)
return sequence
