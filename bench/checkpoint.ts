import { spawnSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnswerTo, Order, Run } from './checkpoint-run.ts';
import { type Bench, type BenchResult, median } from './harness.ts';

/** Of a file. */
const events = 10_000_000;
const rounds = 5;

/** By keys, how often the file is read, so that a run takes some seconds: a checkpoint is made each second. */
const readings: readonly (readonly [keys: number, times: number])[] = [
  [1e3, 10],
  [1e5, 5],
  [1e6, 4],
  [1e7, 3],
];

/** What checkpoints each second cost, by the number of keys; and how soon a job is back. */
export const checkpoint: Bench = {
  name: 'checkpoint',
  title:
    'GROUP BY over 30 to 100 M events with a checkpoint each second against none; its pause, its size, and the way back',
  async run() {
    const results: BenchResult[] = [];
    for (const [keys, times] of readings) results.push(ofKeys(keys, times));
    return results;
  },
};

function ofKeys(keys: number, times: number): BenchResult {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    mkdirSync(join(folder, 'events'));
    const path = join(folder, 'events', '0.json');
    writeEvents(path, keys);
    for (let copy = 1; copy < times; copy++) linkSync(path, join(folder, 'events', `${copy}.json`));
    const [with_, without]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      without.push(inProcess({ kind: 'run', folder, intervalMs: 0 }));
      with_.push(inProcess({ kind: 'run', folder, intervalMs: 1000 }));
    }
    const sent = new Set([...with_, ...without].map(({ rowsOut }) => rowsOut));
    if (sent.size !== 1) throw new Error(`the runs sent ${[...sent].join(', ')} changes`);
    const ratio = median(without.map(({ ms }) => ms)) / median(with_.map(({ ms }) => ms));
    const reports = with_.flatMap((each) => each.reports);
    const pauses = reports.map(({ pauseMs }) => pauseMs);
    const order = { folder, count: events * times };
    inProcess({ kind: 'stop', ...order });
    const { ms: back } = inProcess({ kind: 'back', ...order });
    console.log(
      `  ${keys.toLocaleString('en')} keys: ${ratio.toFixed(2)} of the rate without; ${reports.length} checkpoints, ` +
        `pause at most ${Math.max(0, ...pauses).toFixed(1)} ms, ${(Math.max(0, ...reports.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} MB at most; ` +
        `back in ${back.toFixed(0)} ms   (checked: ${[...sent][0]} changes)`,
    );
    const rate = (events * times) / (median(with_.map(({ ms }) => ms)) / 1000);
    return {
      bench: `checkpoint-${keys}`,
      eventsPerSecond: Math.round(rate),
      peer: 'without checkpoints',
      peerEventsPerSecond: Math.round(rate / ratio),
      ratio: Number(ratio.toFixed(2)),
      checked: true,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process runs the job, as behind a crash: what another has used of memory and of files is none of its business. */
function inProcess<Kind extends Order['kind']>(order: Extract<Order, { kind: Kind }>): AnswerTo<Kind> {
  const script = fileURLToPath(new URL('./checkpoint-run.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, JSON.stringify(order)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return JSON.parse(stdout) as AnswerTo<Kind>;
}

/** As many keys as there are events come in another order: the multiplier has no factor in common with their number. */
const keyOf = (index: number, keys: number): number =>
  keys === events ? (index * 48271) % keys : ((index * 48271) % 2147483647) % keys;

function writeEvents(path: string, keys: number): void {
  const file = openSync(path, 'w');
  for (let from = 0; from < events; from += 100_000) {
    const lines = Array.from({ length: 100_000 }, (_, at) => {
      const index = from + at;
      return `{"k":${keyOf(index, keys)},"v":${(index * 69621) % 2147483647}}\n`;
    });
    writeSync(file, lines.join(''));
  }
  closeSync(file);
}
