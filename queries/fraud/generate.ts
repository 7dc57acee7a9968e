/**
 * `node queries/fraud/generate.ts`: writes data/payments.ndjson, data/devices.ndjson and data/limits.ndjson, the same
 * bytes each time. Half a day of payments by 200 cards, a few of them more than the rest, most at noon and after work, in
 * disorder of up to a minute, some twice and some late; among them are cards that are being tried out, used in several
 * countries or at many merchants, or drained.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../random.ts';

const startMs = Date.UTC(2024, 2, 1, 8);
const hours = 12;
const cardCount = 200;
const paymentCount = 3000;
/** How much is paid in each hour, against the first. */
const hourWeights = [1, 1.1, 1.3, 1.8, 2.4, 1.7, 1.2, 1.2, 1.6, 2.2, 2, 1.1];
const countries = ['NO', 'SE', 'DE', 'FR', 'US', 'JP', 'BR'];

interface Payment {
  readonly id: number;
  readonly card: string;
  readonly paidMs: number;
  readonly amount: number;
  readonly merchant: string;
  readonly country: string;
  /** When the record comes: not in the order in which the cards were used. */
  readonly seenMs: number;
}

/** The three files by name. */
export function fraudFiles(): Readonly<Record<string, string>> {
  const random = randomOf(2024);
  const below = (bound: number): number => Math.floor(random() * bound);
  const payments: Payment[] = [];
  const pay = (card: number, paidMs: number, amount: number, country: string): void => {
    // Most records come within seconds, some within a minute; one in a hundred an hour late.
    const delayMs = below(100) === 0 ? 3_600_000 : below(10) === 0 ? below(60_000) : below(5_000);
    const merchant = `m-${below(80)}`;
    payments.push({
      id: payments.length + 1,
      card: cardName(card),
      paidMs,
      amount,
      merchant,
      country,
      seenMs: paidMs + delayMs,
    });
  };
  const times = Array.from({ length: paymentCount }, () => startMs + timeOfDayMs(random)).toSorted((a, b) => a - b);
  for (const paidMs of times) {
    // The square makes low numbers frequent.
    const card = Math.floor(random() ** 2 * cardCount);
    const country = countries[card % 3] ?? 'NO';
    pay(card, paidMs, 500 + below(9_500), country);
  }
  for (let incident = 0; incident < 12; incident++) {
    const card = below(cardCount);
    const fromMs = startMs + below(hours * 3_600_000);
    const country = countries[card % 3] ?? 'NO';
    if (incident % 3 === 0) {
      // A card is tried out with small amounts, then drained.
      for (let small = 0; small < 3; small++) pay(card, fromMs + small * 20_000, 100 + below(100), country);
      pay(card, fromMs + 90_000, 150_000 + below(100_000), country);
    } else if (incident % 3 === 1) {
      for (let burst = 0; burst < 8; burst++) pay(card, fromMs + burst * 5_000, 2_000 + below(3_000), country);
    } else {
      for (const [at, abroad] of countries.slice(3, 6).entries())
        pay(card, fromMs + at * 150_000, 4_000 + below(9_000), abroad);
    }
  }
  const inOrder = payments.toSorted((a, b) => a.seenMs - b.seenMs || a.id - b.id);
  // A queue that delivers at least once delivers some of them twice.
  const lines = inOrder.flatMap((payment) => (payment.id % 97 === 0 ? [payment, payment] : [payment])).map(paymentLine);
  return { 'payments.ndjson': lines.join(''), 'devices.ndjson': devices(random), 'limits.ndjson': limits(random) };
}

/** A time between the first hour and the last, likelier when more is paid. */
function timeOfDayMs(random: () => number): number {
  let left = random() * hourWeights.reduce((sum, weight) => sum + weight, 0);
  for (const [hour, weight] of hourWeights.entries()) {
    if (left < weight) return Math.floor((hour + left / weight) * 3_600_000);
    left -= weight;
  }
  return hours * 3_600_000 - 1;
}

function paymentLine({ id, card, paidMs, amount, merchant, country }: Payment): string {
  const cents = (amount / 100).toFixed(2);
  return `${JSON.stringify({ id, card, paid_at: timeText(paidMs), amount: cents, merchant, country })}\n`;
}

/** New devices that cards were put on. */
function devices(random: () => number): string {
  const rows = Array.from({ length: 150 }, (_, at) => ({
    card: cardName(Math.floor(random() ** 2 * cardCount)),
    device: `d-${at}`,
    seen_at: startMs + Math.floor(random() * hours * 3_600_000),
  }));
  return rows
    .toSorted((a, b) => a.seen_at - b.seen_at)
    .map((row) => `${JSON.stringify({ ...row, seen_at: timeText(row.seen_at) })}\n`)
    .join('');
}

/** Each card's limit, and some changes of it in the course of the day. */
function limits(random: () => number): string {
  const first = Array.from({ length: cardCount }, (_, card) => ({
    card: cardName(card),
    valid_from: startMs - 86_400_000,
    amount: 200 + Math.floor(random() * 20) * 50,
  }));
  const changes = Array.from({ length: 60 }, () => ({
    card: cardName(Math.floor(random() * cardCount)),
    valid_from: startMs + Math.floor(random() * hours * 3_600_000),
    amount: 20 + Math.floor(random() * 10) * 10,
  }));
  return [...first, ...changes]
    .toSorted((a, b) => a.valid_from - b.valid_from)
    .map(
      (row) => `${JSON.stringify({ ...row, valid_from: timeText(row.valid_from), amount: row.amount.toFixed(2) })}\n`,
    )
    .join('');
}

function cardName(card: number): string {
  return `c-${String(card).padStart(3, '0')}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('data/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(fraudFiles())) writeFileSync(folder + name, text);
}
