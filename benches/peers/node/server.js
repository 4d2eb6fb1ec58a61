'use strict';
// Books concert tickets the way that it is often built: express, a JSON Web Token, and Redis, where a script or a lock keeps two buyers
// from the same seat. PORT, REDIS_PORT, JWT_SECRET, WORKERS, and BOOKING: "script", "pipelined" (the script, with ioredis' automatic
// pipelining) or "lock".

const cluster = require('node:cluster');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const express = require('express');
const Redis = require('ioredis');
const jwt = require('jsonwebtoken');

const { PORT, REDIS_PORT, JWT_SECRET, WORKERS, BOOKING } = process.env;
const SOLD_OUT = 0;
const ALREADY_BOOKED = -1;
// A lock goes by itself when its owner dies; who finds it taken asks again after a moment, and not at the same time as all others.
const LOCK_MS = 10_000;
const RETRY_MS = 2;
const RETRIES_MAX = 5_000;
const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let worker = 0; worker < Number(WORKERS); worker += 1) {
    cluster.fork();
  }
  cluster.on('exit', () => process.exit(1));
} else {
  serve();
}

function serve() {
  const redis = new Redis({ host: '127.0.0.1', port: Number(REDIS_PORT), enableAutoPipelining: BOOKING === 'pipelined' });
  redis.defineCommand('book', { numberOfKeys: 1, lua: fs.readFileSync(path.join(__dirname, '..', 'book.lua'), 'utf8') });
  redis.defineCommand('unlock', { numberOfKeys: 1, lua: UNLOCK });
  const book = BOOKING === 'lock' ? bookWithLock : (client, concert, user) => client.book(concert, user);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.post('/api/bookings', authenticate, express.json(), async (request, response) => {
    const { concertId, seatTypeId } = request.body ?? {};
    if (typeof concertId !== 'string' || typeof seatTypeId !== 'string') {
      return refuse(response, 400, 'validation_failed');
    }
    const sequence = await book(redis, `concert:${concertId}`, request.user);
    if (sequence === SOLD_OUT) {
      return refuse(response, 409, 'sold_out');
    }
    if (sequence === ALREADY_BOOKED) {
      return refuse(response, 409, 'already_booked');
    }
    const id = `concert:${concertId}-${sequence}`;
    const items = [{ seatTypeId, quantity: 1 }];
    return response
      .status(201)
      .location(`/api/bookings/${id}`)
      .json({ id, concertId, userId: request.user, items, quantity: 1, status: 'confirmed', createdAt: new Date(), sequence });
  });

  app.listen(Number(PORT), '127.0.0.1');
}

function authenticate(request, response, next) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme !== 'Bearer' || !token) {
    return refuse(response, 401, 'missing_token');
  }
  try {
    const options = { algorithms: ['HS256'], issuer: 'boxoffice', audience: 'boxoffice' };
    request.user = jwt.verify(token, JWT_SECRET, options).sub;
  } catch {
    return refuse(response, 401, 'invalid_token');
  }
  return next();
}

function refuse(response, status, code) {
  return response.status(status).type('application/problem+json').json({ status, code });
}

// What the script does, in steps that only the owner of the lock takes.
async function bookWithLock(redis, concert, user) {
  const lock = `lock:${concert}`;
  const owner = randomUUID();
  for (let tries = 0; (await redis.set(lock, owner, 'PX', LOCK_MS, 'NX')) !== 'OK'; tries += 1) {
    if (tries === RETRIES_MAX) {
      throw new Error(`${lock} stays locked`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
  }
  try {
    const [[, seats], [, booked]] = await redis
      .pipeline()
      .hmget(concert, 'remaining', 'sequence')
      .sismember(`${concert}:buyers`, user)
      .exec();
    if (booked === 1) {
      return ALREADY_BOOKED;
    }
    if (Number(seats[0]) <= 0) {
      return SOLD_OUT;
    }
    const sequence = Number(seats[1]) + 1;
    const id = `${concert}-${sequence}`;
    const done = await redis
      .multi()
      .hincrby(concert, 'remaining', -1)
      .hincrby(concert, 'sequence', 1)
      .sadd(`${concert}:buyers`, user)
      .set(`booking:${id}`, JSON.stringify({ id, user, concert, time: Date.now() / 1000, sequence }))
      .rpush(`user:${user}:bookings`, id)
      .exec();
    if (done === null || done.some(([error]) => error !== null)) {
      throw new Error(`${id} was not booked`);
    }
    return sequence;
  } finally {
    await redis.unlock(lock, owner);
  }
}
