// A rush on one concert, for k6: `k6 run benches/loadtests/rush.js`; see README.md for the environment.
import { check, fail } from 'k6';
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter } from 'k6/metrics';

const API = `${__ENV.BOXOFFICE_URL || 'http://127.0.0.1:3000'}/api`;
const SEATS = 3000;
const TOKEN_SECONDS = 900;
const START_AHEAD_DAYS = 30;

const booked = new Counter('boxoffice_booked');
const soldOut = new Counter('boxoffice_sold_out');
const cancelled = new Counter('boxoffice_cancelled');
const repeated = new Counter('boxoffice_repeated');

export const options = {
  scenarios: {
    rush: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: 64,
      maxVUs: 256,
      stages: [
        { duration: '2s', target: 200 },
        { duration: '8s', target: 200 },
      ],
    },
  },
  thresholds: { checks: ['rate==1'] },
};

// A refusal because nothing is left is a rush's to give.
http.setResponseCallback(http.expectedStatuses(200, 201, 204, 409));

function encoded(value) {
  return encoding.b64encode(JSON.stringify(value), 'rawurl');
}

function token(sub, role) {
  if (!__ENV.BOXOFFICE_JWT_SECRET) fail('BOXOFFICE_JWT_SECRET is not set (hint: cat data/jwt-secret)');
  const iat = Math.floor(Date.now() / 1000);
  const jti = `${sub}-${Date.now()}-${Math.random()}`;
  const claims = { sub, role, iss: 'boxoffice', aud: 'boxoffice', iat, exp: iat + TOKEN_SECONDS, jti };
  const message = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${message}.${crypto.hmac('sha256', __ENV.BOXOFFICE_JWT_SECRET, message, 'base64rawurl')}`;
}

function headers(bearer, more) {
  return { headers: Object.assign({ Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' }, more) };
}

export function setup() {
  // People of another run have other names: tickets and keys are counted by name.
  const run = `k6-${Date.now()}`;
  const concert = {
    name: 'Rush by k6',
    venue: 'Load Test Hall',
    startTime: new Date(Date.now() + START_AHEAD_DAYS * 86_400_000).toISOString(),
    maxTicketsPerUser: 4,
    seatTypes: [{ name: 'Standing', price: 40, totalSeats: SEATS }],
  };
  const made = http.post(`${API}/concerts`, JSON.stringify(concert), headers(token(`${run}-organizer`, 'organizer')));
  if (made.status !== 201) fail(`the concert was answered with ${made.status}: ${made.body}`);
  return { run, concertId: made.json('id'), seatTypeId: made.json('seatTypes.0.id') };
}

export default function rush({ run, concertId, seatTypeId }) {
  const number = exec.scenario.iterationInTest;
  const bearer = token(`${run}-${number}`, 'customer');
  const order = JSON.stringify({ concertId, seatTypeId, quantity: 1 + Math.floor(Math.random() * 4) });
  const withKey = headers(bearer, { 'Idempotency-Key': `${number}` });
  const answer = http.post(`${API}/bookings`, order, withKey);
  if (answer.status === 409) {
    check(answer, { 'refused as sold out': (refused) => refused.json('code') === 'sold_out' });
    soldOut.add(1);
    return;
  }
  if (!check(answer, { booked: (made) => made.status === 201 })) return;
  booked.add(1);
  const id = answer.json('id');
  if (Math.random() < 0.05) {
    const again = http.post(`${API}/bookings`, order, withKey);
    check(again, { 'a repeat is a replay': (same) => same.json('id') === id && same.headers['Idempotency-Replayed'] === 'true' });
    repeated.add(1);
  }
  if (Math.random() < 0.1) {
    const gone = http.del(`${API}/bookings/${id}`, null, headers(bearer));
    check(gone, { cancelled: (answered) => answered.status === 204 });
    cancelled.add(1);
  }
}

export function teardown({ concertId }) {
  /** @type {any} */
  const counts = http.get(`${API}/concerts/${concertId}/seats`).json('seatTypes.0');
  const sum = counts.available + counts.held + counts.booked + counts.blocked;
  check(counts, { 'the counters add up': () => sum === counts.totalSeats && counts.totalSeats === SEATS });
}
