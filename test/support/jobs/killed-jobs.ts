import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../streams/random.ts';

/** A job over files that is killed while it runs. */
export interface KilledJob {
  readonly name: string;
  /** Columns of its output, in the words of CREATE TABLE. */
  readonly columns: string;
  readonly query: string;
  /** The changes of an updating result are written as debezium-json; which there are hangs on how the rows met. */
  readonly isUpdating?: boolean;
}

const event = "TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)";

/** A query of each operator with state. */
export const killedJobs: readonly KilledJob[] = [
  {
    name: 'tumbling windows with texts and distinct values',
    columns: 'w TIMESTAMP(3), name STRING, n BIGINT, d BIGINT, t STRING',
    query: `SELECT window_start, name, COUNT(*), COUNT(DISTINCT k), MAX(name) FROM ${event} GROUP BY window_start, window_end, name`,
  },
  {
    name: 'hopping windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    query: `SELECT window_start, k, SUM(v) FROM HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'cumulating windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    query: `SELECT window_end, k, SUM(v) FROM CUMULATE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'sessions',
    columns: 'w TIMESTAMP(3), k INT, n BIGINT',
    query: `SELECT window_start, k, COUNT(*) FROM SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'the first rows of windows',
    columns: 'w TIMESTAMP(3), k INT, v BIGINT, r BIGINT',
    query: `SELECT window_start, k, v, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS r FROM ${event}) WHERE r <= 3`,
  },
  {
    name: 'frames of OVER',
    columns: 'id INT, s BIGINT',
    query: `SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '20' SECOND PRECEDING AND CURRENT ROW) FROM events`,
  },
  {
    name: 'an interval join',
    columns: 'a INT, b INT',
    query: `SELECT a.id, b.id FROM events a JOIN others b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '1' SECOND AND a.ts + INTERVAL '1' SECOND`,
  },
  {
    name: 'a window join',
    columns: 'a INT, b INT',
    query: `SELECT a.id, b.id FROM ${event} a LEFT JOIN ${event.replace('events', 'others')} b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end AND b.v > 98`,
  },
  {
    name: 'the first row of each key',
    columns: 'id INT, name STRING',
    query: `SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, name ORDER BY ts) AS r FROM events) WHERE r = 1`,
  },
  {
    name: 'a pattern',
    columns: 'k INT, a INT, b INT',
    query: `SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, B.id AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE A AS A.v > 90, B AS B.v < 10)`,
  },
  {
    name: 'groups',
    columns: 'name STRING, n BIGINT, s BIGINT, m BIGINT',
    query: 'SELECT name, COUNT(*), SUM(v), MAX(v) FROM events GROUP BY name',
    isUpdating: true,
  },
  {
    name: 'a regular join of groups',
    columns: 'name STRING, n BIGINT, m BIGINT',
    query:
      'SELECT a.name, a.n, b.m FROM (SELECT name, COUNT(*) n FROM events GROUP BY name) a LEFT JOIN (SELECT name, MAX(v) m FROM others WHERE k < 40 GROUP BY name) b ON a.name = b.name',
    isUpdating: true,
  },
  {
    name: 'the first rows of each key, as they change',
    columns: 'k INT, v BIGINT, id INT',
    query: `SELECT k, v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM events) WHERE r <= 2`,
    isUpdating: true,
  },
];

/** Makes the tables' files: some disorder, keys that come often and keys that come once. */
export async function writeInput(folder: string, rows: number, seed: number): Promise<void> {
  const random = new Random(seed);
  for (const table of ['events', 'others']) {
    await mkdir(join(folder, table), { recursive: true });
    for (const shard of [0, 1]) {
      const lines: string[] = [];
      for (let row = 0; row < rows; row++) {
        const ms = Date.UTC(2024, 0, 1) + row * 10 - random.int(900);
        const ts = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
        const k = random.int(random.chance(0.5) ? 10 : 200);
        const name = `name ${random.int(300)} ${'x'.repeat(random.int(40))}`;
        lines.push(JSON.stringify({ id: row * 2 + shard, ts, k, v: random.int(100), name }));
      }
      await writeFile(join(folder, table, `${shard}.json`), `${lines.join('\n')}\n`);
    }
  }
}

function scriptOf({ columns, query, isUpdating = false }: KilledJob, intervalMs: number): string {
  const table = (name: string): string =>
    `CREATE TABLE ${name} (id INT, ts TIMESTAMP(3), k INT, v BIGINT, name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'json');`;
  return [
    `SET 'execution.checkpointing.interval' = '${intervalMs} ms';`,
    // Batches are small, so that a kill meets one.
    "SET 'tidemark.batch-size' = '500';",
    table('events'),
    table('others'),
    `CREATE TABLE written (${columns}) WITH ('connector' = 'filesystem', 'path' = 'written', 'format' = '${isUpdating ? 'debezium-json' : 'json'}');`,
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

  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#random = new Random(seed);
  }

  /** Runs a job to its end; `killsMax`: how often the process is killed before. @throws Error when it fails by itself */
  async run(job: KilledJob, killsMax: number, upToMs: number): Promise<KilledRun> {
    await rm(join(this.#folder, 'written'), { recursive: true, force: true });
    await rm(join(this.#folder, '.tidemark'), { recursive: true, force: true });
    await writeFile(join(this.#folder, 'job.sql'), scriptOf(job, 1 + this.#random.int(60)));
    let kills = 0;
    while (await this.#process(kills < killsMax ? 150 + this.#random.int(Math.max(1, upToMs)) : null)) {
      kills++;
      if (await this.#hasEnded()) break;
    }
    return { kills, result: await this.#result(job) };
  }

  /** Killed behind its end: its rows are seen, and its state is gone. To run it again would be to begin it again. */
  async #hasEnded(): Promise<boolean> {
    const names = async (folder: string): Promise<string[]> => readdir(join(this.#folder, folder)).catch(() => []);
    const jobs = await names('.tidemark/jobs');
    const checkpoints = await Promise.all(jobs.map((job) => names(`.tidemark/jobs/${job}`)));
    const isSeen = (await names('written')).some((name) => !name.startsWith('.'));
    return isSeen && !checkpoints.flat().some((name) => /^chk-.*json$/.test(name));
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

  async #result({ isUpdating = false }: KilledJob): Promise<readonly string[]> {
    const folder = join(this.#folder, 'written');
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort(byNumber);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
    return isUpdating ? remaining(lines) : lines.sort();
  }
}

/** Part files in the order in which they were begun. */
function byNumber(a: string, b: string): number {
  const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));
  return numberOf(a) - numberOf(b);
}

/** The rows that remain of changes in debezium-json. */
function remaining(lines: readonly string[]): string[] {
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
