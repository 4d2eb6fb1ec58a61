-- Counts what is stored, key by key: seats that are left, bookings, buyers, entries in the users' lists, numbers given to bookings.
local remaining, bookings, buyers, listed, sequences = 0, 0, 0, 0, 0
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    if key:sub(1, 8) == 'booking:' then
      bookings = bookings + 1
    elseif key:sub(1, 5) == 'user:' then
      listed = listed + redis.call('LLEN', key)
    elseif key:sub(-7) == ':buyers' then
      buyers = buyers + redis.call('SCARD', key)
    elseif key:sub(1, 8) == 'concert:' then
      remaining = remaining + redis.call('HGET', key, 'remaining')
      sequences = sequences + redis.call('HGET', key, 'sequence')
    end
  end
until cursor == '0'
return { remaining, bookings, buyers, listed, sequences }
