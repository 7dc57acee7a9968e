import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { Stream } from '../src/streams/stream.ts';
import type { Bench, BenchResult } from './harness.ts';
import { eventsTable, withStream } from './live-streams.ts';

/** What the issue of the embedded stream asks for. */
const megabytesMax = 0.1;
const coreShareMax = 0.0001;

/** So many that the collector's pages do not count. */
const idleJobs = 500;
const manyRules = 1000;
const idleMs = 10_000;
const settleMs = 10_000;

/** Jobs of one process over a stream on which nothing comes. */
export const idle: Bench = {
  name: 'idle',
  title: `jobs over a live stream that is silent: at most ${megabytesMax} MB and ${100 * coreShareMax} % of a core each; and how fast ${manyRules} of them start`,
  run: async () => [await withStream(measureIdle), await withStream(measureStart)],
};

/** Jobs of one session, each another rule over the same table. */
class Rules {
  readonly #engine = new Engine();
  readonly #ended: Promise<void>[] = [];
  answers = 0;

  async declare(folder: string): Promise<void> {
    this.#engine.declare(new SourceText('idle', eventsTable(folder)));
  }

  /** Each with a number of its own in its text, so that none shares its code with another. */
  start(count: number): void {
    for (let added = 0; added < count; added++) this.#ended.push(this.#run(this.#ended.length));
  }

  async answered(answers: number): Promise<void> {
    for (let tries = 0; this.answers < answers && tries < 6000; tries++) await pause(10);
    if (this.answers !== answers) throw new Error(`idle: ${this.answers} of ${answers} jobs have answered`);
  }

  async stop(): Promise<void> {
    this.#engine.cancel();
    await Promise.all(this.#ended);
  }

  async #run(rule: number): Promise<void> {
    const sql = `SELECT COUNT(*) AS n FROM TUMBLE(TABLE events, DESCRIPTOR(t), INTERVAL '1' SECOND) WHERE k <> ${rule + 2}
      GROUP BY window_start, window_end;`;
    for await (const event of this.#engine.run(new SourceText('idle', sql))) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
      if (event.kind === 'rows') this.answers++;
    }
  }
}

function putEvent(stream: Stream, ts: number): Promise<unknown> {
  return stream.putRecord({ data: Buffer.from(`{"k":1,"ts":${ts}}`), partitionKey: 'k' });
}

/** Resident memory when the process has come to rest: the collector keeps pages for a while that it has emptied. */
async function residentBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  await pause(settleMs);
  collect();
  return process.memoryUsage.rss();
}

async function measureIdle(folder: string, stream: Stream): Promise<BenchResult> {
  const rules = new Rules();
  await rules.declare(folder);
  // What the first jobs load and compile is of the process.
  const warmUp = idleJobs;
  rules.start(warmUp);
  await putEvent(stream, 0);
  await putEvent(stream, 5_000);
  await rules.answered(warmUp);
  const before = await residentBytes();
  rules.start(idleJobs);
  await rules.answered(warmUp + idleJobs);
  const megabytes = ((await residentBytes()) - before) / idleJobs / 1e6;
  const cpuBefore = process.cpuUsage();
  await pause(idleMs);
  const { user, system } = process.cpuUsage(cpuBefore);
  const share = (user + system) / 1000 / idleMs / (warmUp + idleJobs);
  // They run on: each sees the next window close.
  await putEvent(stream, 10_000);
  await rules.answered(2 * (warmUp + idleJobs));
  await rules.stop();
  const holds = megabytes <= megabytesMax && share <= coreShareMax;
  console.log(
    `  a job: ${megabytes.toFixed(3)} MB, ${(100 * share).toFixed(4)} % of a core: ${holds ? 'within' : 'NOT WITHIN'} the bounds   (checked: each has answered twice)`,
  );
  return {
    bench: 'idle',
    eventsPerSecond: 0,
    peer: `${megabytesMax} MB`,
    peerEventsPerSecond: 0,
    ratio: Number((megabytesMax / megabytes).toFixed(2)),
    checked: true,
  };
}

async function measureStart(folder: string, stream: Stream): Promise<BenchResult> {
  const rules = new Rules();
  await rules.declare(folder);
  await putEvent(stream, 0);
  await putEvent(stream, 5_000);
  const before = await residentBytes();
  const startMs = performance.now();
  rules.start(manyRules);
  await rules.answered(manyRules);
  const seconds = (performance.now() - startMs) / 1000;
  const megabytes = ((await residentBytes()) - before) / 1e6;
  await rules.stop();
  console.log(
    `  ${manyRules} rules: ${Math.round(manyRules / seconds)} start in a second, ${megabytes.toFixed(0)} MB in all   (checked: each has answered)`,
  );
  return {
    bench: 'idle-start',
    eventsPerSecond: Math.round(manyRules / seconds),
    peer: `${megabytesMax} MB`,
    peerEventsPerSecond: 0,
    ratio: Number(((megabytesMax * manyRules) / megabytes).toFixed(2)),
    checked: true,
  };
}
