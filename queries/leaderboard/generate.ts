/**
 * `node queries/leaderboard/generate.ts`: writes data/plays.ndjson, the same bytes each time: an evening of a games site.
 * A few players play most, more is played towards the end of the evening and in the five minutes of each hour's cup, a
 * client that got no answer sends its play again, and a phone without a network sends its plays when it has one.
 *
 * With --live: plays of this moment, without end, to standard output.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../random.ts';

const startMs = Date.UTC(2024, 2, 2, 18);
const minutes = 6 * 60;
const playerCount = 250;
const playCount = 4000;
const games = [
  { name: 'blocks', usual: 120 },
  { name: 'karts', usual: 60 },
  { name: 'quiz', usual: 80 },
  { name: 'words', usual: 40 },
] as const;
const names = [
  'ade',
  'bo',
  'chi',
  'dag',
  'eli',
  'fen',
  'gil',
  'hana',
  'ilya',
  'jun',
  'kaia',
  'lev',
  'mia',
  'noor',
  'ola',
];

interface Play {
  readonly id: number;
  readonly player: string;
  readonly game: string;
  readonly points: number;
  readonly playedMs: number;
  /** When it comes. */
  readonly seenMs: number;
}

/** The file's text. */
export function playsFile(): string {
  const random = randomOf(1402);
  const times = Array.from({ length: playCount }, () => startMs + eveningMs(random)).toSorted((a, b) => a - b);
  const plays = times.map((playedMs, at) => playOf(random, at + 1, playedMs));
  // Ids whose answer was lost come once more, some seconds later.
  const again = plays.filter(({ id }) => id % 83 === 0).map((play) => ({ ...play, seenMs: play.seenMs + 4000 }));
  return [...plays, ...again]
    .toSorted((a, b) => a.seenMs - b.seenMs || a.id - b.id)
    .map(playLine)
    .join('');
}

/** A time of the evening: later is likelier, and so are the first five minutes of an hour. */
function eveningMs(random: () => number): number {
  for (;;) {
    const minute = random() * minutes;
    const wanted = (0.3 + (0.7 * minute) / minutes) * (minute % 60 < 5 ? 1 : 0.35);
    if (random() < wanted) return Math.floor(minute * 60_000);
  }
}

function playOf(random: () => number, id: number, playedMs: number): Play {
  const below = (bound: number): number => Math.floor(random() * bound);
  // The square makes low numbers frequent.
  const player = Math.floor(random() ** 2 * playerCount);
  const game = games[below(games.length)] ?? games[0];
  // Better players have their own measure, and everyone good and bad days.
  const skill = 0.5 + ((player * 37) % 100) / 100;
  const points = Math.max(1, Math.round(game.usual * skill * (0.4 + random() + random() * random())));
  // Most come within seconds, some within half a minute, one in sixty from a phone that was offline.
  const delayMs = below(60) === 0 ? 300_000 + below(3_000_000) : below(8) === 0 ? below(30_000) : below(2000);
  return { id, player: nameOf(player), game: game.name, points, playedMs, seenMs: playedMs + delayMs };
}

function nameOf(player: number): string {
  return `${names[player % names.length]}${player < names.length ? '' : Math.floor(player / names.length)}`;
}

function playLine({ id, player, game, points, playedMs }: Play): string {
  const at = new Date(playedMs).toISOString().replace('T', ' ').replace('Z', '');
  return `${JSON.stringify({ id, player, game, points, played_at: at })}\n`;
}

/** About a hundred a second, until it is stopped. */
function live(): void {
  const random = randomOf(Date.now());
  let id = 0;
  setInterval(() => {
    const nowMs = Date.now();
    process.stdout.write(Array.from({ length: 10 }, () => playLine(playOf(random, ++id, nowMs))).join(''));
  }, 100);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--live')) live();
  else writeFileSync(new URL('data/plays.ndjson', import.meta.url), playsFile());
}
