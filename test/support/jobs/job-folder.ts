import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordData } from '../../../src/streams/segment-format.ts';
import { shardId } from '../../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../../src/streams/stream-store.ts';
import type { Random } from '../streams/random.ts';
import { inputStreamOptions } from './job-input.ts';
import type { KilledJob } from './killed-jobs.ts';

function scriptOf({ columns, query, over, tables, isUpdating = false }: KilledJob, random: Random): string {
  const format = isUpdating ? 'debezium-json' : 'json';
  const input = (name: string): string =>
    over === 'files' ? `'connector' = 'filesystem', 'path' = '${name}', 'format' = 'json'` : inputStreamOptions(name);
  const output =
    over === 'files'
      ? `'connector' = 'filesystem', 'path' = 'written', 'format' = '${format}'`
      : `'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/written', 'aws.region' = 'us-east-1', 'aws.endpoint' = 'written', 'format' = '${format}'`;
  const table = (name: string): string =>
    `CREATE TABLE ${name} (id INT, ts TIMESTAMP(3), k INT, v BIGINT, name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (${input(name)});`;
  return [
    `SET 'execution.checkpointing.interval' = '${1 + random.int(60)} ms';`,
    // Batches are small, so that a kill meets one.
    `SET 'tidemark.batch-size' = '${tables === undefined ? 500 : 50}';`,
    tables ?? `${table('events')}\n${table('others')}`,
    `CREATE TABLE written (${columns}) WITH (${output});`,
    `INSERT INTO written ${query};`,
  ].join('\n');
}

/** How a job ran, killed so many times. */
export interface KilledRun {
  readonly kills: number;
  /** What it wrote, sorted; of an updating result the rows that remain. */
  readonly result: readonly string[];
}

/** A folder with the tables in which jobs run as a user would run them. */
export class JobFolder {
  readonly #folder: string;
  readonly #random: Random;

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
  }

  /** Runs a job to its end; `killsMax`: how often the process is killed before. @throws Error when it fails by itself */
  async run(job: KilledJob, killsMax: number, upToMs: number): Promise<KilledRun> {
    for (const name of ['written', '.tidemark']) await rm(join(this.#folder, name), { recursive: true, force: true });
    if (job.over === 'streams') await new StreamStore(join(this.#folder, 'written')).createStream('written', 3);
    await writeFile(join(this.#folder, 'job.sql'), scriptOf(job, this.#random));
    let kills = 0;
    while (await this.#process(kills < killsMax ? 150 + this.#random.int(Math.max(1, upToMs)) : null)) {
      kills++;
      if (await this.#hasEnded(job)) break;
    }
    return { kills, result: await this.#result(job) };
  }

  /** Killed behind its end: its rows are seen, and its state is gone. To run it again would be to begin it again. */
  async #hasEnded(job: KilledJob): Promise<boolean> {
    const jobs = await this.#names('.tidemark/jobs');
    const checkpoints = await Promise.all(jobs.map((each) => this.#names(`.tidemark/jobs/${each}`)));
    return !checkpoints.flat().some((name) => /^chk-.*json$/.test(name)) && (await this.#lines(job)).length > 0;
  }

  async #names(folder: string): Promise<string[]> {
    return readdir(join(this.#folder, folder)).catch(() => []);
  }

  /** True when it was killed. */
  #process(killAfterMs: number | null): Promise<boolean> {
    const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, 'run', 'job.sql'], {
        cwd: this.#folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      const add = (part: Buffer): void => {
        text += part.toString();
      };
      child.stdout.on('data', add);
      child.stderr.on('data', add);
      const timer = killAfterMs === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        if (timer !== null) clearTimeout(timer);
        if (signal === 'SIGKILL') resolve(true);
        else if (code === 0) resolve(false);
        else reject(new Error(`the job ended with ${code ?? signal}: ${text.slice(-1000)}`));
      });
    });
  }

  async #result(job: KilledJob): Promise<readonly string[]> {
    const lines = await this.#lines(job);
    return job.isUpdating === true ? remaining(lines) : lines.sort();
  }

  /** What is seen of its output. */
  async #lines({ over }: KilledJob): Promise<string[]> {
    if (over === 'streams') return streamLines(join(this.#folder, 'written'));
    const names = (await this.#names('written')).filter((name) => !name.startsWith('.')).sort(byNumber);
    const texts = await Promise.all(names.map((name) => readFile(join(this.#folder, 'written', name), 'utf8')));
    return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  }
}

/** The records of the stream "written", shard by shard. */
function streamLines(folder: string): string[] {
  const stream = new StreamStore(folder).stream('written');
  return stream.metadata.shards.flatMap(({ index }) => {
    const lines: string[] = [];
    const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames)
        for (let at = from; at < to; at++) lines.push(recordData(frame, at).toString());
    }
    cursor.close();
    return lines;
  });
}

/** Part files in the order in which they were begun. */
export function byNumber(a: string, b: string): number {
  const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));
  return numberOf(a) - numberOf(b);
}

/** The rows that remain of changes in debezium-json. */
export function remaining(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  const add = (row: unknown, count: number): void => {
    const text = JSON.stringify(row);
    counts.set(text, (counts.get(text) ?? 0) + count);
  };
  for (const line of lines) {
    const { before, after } = JSON.parse(line) as { readonly before: unknown; readonly after: unknown };
    if (before !== null) add(before, -1);
    if (after !== null) add(after, 1);
  }
  return [...counts].flatMap(([text, count]) => (count === 0 ? [] : [`${count} ${text}`])).sort();
}
