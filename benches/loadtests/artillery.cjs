// What rush.yml cannot say by itself: tokens, draws, and the check in the end.
'use strict';

const crypto = require('node:crypto');

const TOKEN_SECONDS = 900;
const START_AHEAD_DAYS = 30;

// People of another run have other names: tickets and keys are counted by name.
const run = crypto.randomBytes(4).toString('hex');
let buyers = 0;

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function token(sub, role) {
  const secret = process.env.BOXOFFICE_JWT_SECRET;
  if (!secret) throw new Error('BOXOFFICE_JWT_SECRET is not set (hint: cat data/jwt-secret)');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub, role, iss: 'boxoffice', aud: 'boxoffice', iat, exp: iat + TOKEN_SECONDS, jti: crypto.randomUUID() };
  const message = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${message}.${crypto.createHmac('sha256', secret).update(message).digest('base64url')}`;
}

// Before the rush: who makes the concert, and when it is.
async function prepareOrganizer(context) {
  context.vars.organizer = token(`artillery-${run}-organizer`, 'organizer');
  context.vars.startTime = new Date(Date.now() + START_AHEAD_DAYS * 86_400_000).toISOString();
}

// One who comes: what they want, whether they are impatient, and whether they will regret it.
async function prepareBuyer(context) {
  buyers += 1;
  context.vars.buyer = token(`artillery-${run}-${process.pid}-${buyers}`, 'customer');
  context.vars.key = crypto.randomUUID();
  context.vars.quantity = 1 + Math.floor(Math.random() * 4);
  context.vars.repeats = Math.random() < 0.05;
  context.vars.cancels = Math.random() < 0.1;
}

// The first answer: a booking, or a refusal that is a rush's to give.
async function noteBooking(request, response, context, events) {
  const body = JSON.parse(response.body);
  const isBooked = response.statusCode === 201;
  events.emit('counter', isBooked ? 'boxoffice.booked' : `boxoffice.refused.${body.code}`, 1);
  if (!isBooked && body.code !== 'sold_out') throw new Error(`an order was answered with ${response.statusCode} ${body.code}`);
  context.vars.bookingId = isBooked ? body.id : undefined;
  context.vars.isRepeated = isBooked && context.vars.repeats;
  context.vars.isCancelled = isBooked && context.vars.cancels;
}

// The same request once more is the same booking, and is told to be a replay.
async function checkRepeat(request, response, context, events) {
  const isSame = response.statusCode === 201 && JSON.parse(response.body).id === context.vars.bookingId;
  if (!isSame || response.headers['idempotency-replayed'] !== 'true') throw new Error('key_twice: a repeat was not a replay');
  events.emit('counter', 'boxoffice.repeated', 1);
}

async function checkCancellation(request, response, context, events) {
  if (response.statusCode !== 204) throw new Error(`a cancellation was answered with ${response.statusCode}`);
  events.emit('counter', 'boxoffice.cancelled', 1);
}

// After the rush: the counters of the only seat type add up.
async function checkSeats(request, response) {
  const [counts] = JSON.parse(response.body).seatTypes;
  const sum = counts.available + counts.held + counts.booked + counts.blocked;
  if (sum !== counts.totalSeats) throw new Error(`counters_differ: ${sum} of ${counts.totalSeats} seats`);
  console.log(`${counts.booked} of ${counts.totalSeats} seats are sold, ${counts.available} are available: the counters add up`);
}

module.exports = { prepareOrganizer, prepareBuyer, noteBooking, checkRepeat, checkCancellation, checkSeats };
