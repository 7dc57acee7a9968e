import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-jobs-cli-'));
  mkdirSync(join(folder, 'clicks'));
  putClicks('0.json', 0, 1000);
  writeFileSync(join(folder, 'job.sql'), script);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads files as they appear, without end. */
const script = `
SET 'execution.checkpointing.interval' = '100 ms';
SET 'pipeline.name' = 'sums';
CREATE TABLE clicks (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = 'clicks', 'format' = 'json',
  'source.monitor-interval' = '100 ms');
CREATE TABLE sums (k INT, s BIGINT) WITH ('connector' = 'filesystem', 'path' = 'sums', 'format' = 'debezium-json');
INSERT INTO sums SELECT k, SUM(v) FROM clicks GROUP BY k;`;

function putClicks(name: string, from: number, to: number): void {
  const lines = Array.from({ length: to - from }, (_, at) => JSON.stringify({ k: (from + at) % 10, v: from + at }));
  writeFileSync(join(folder, 'clicks', name), `${lines.join('\n')}\n`);
}

function jobs(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'jobs', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function start(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<string> } {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder });
  let text = '';
  const add = (part: Buffer): void => {
    text += part.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return { child, ended: new Promise((resolve) => child.on('exit', (code) => resolve(`${code}: ${text}`))) };
}

const stateFolder = (job: string): string => {
  const jobsFolder = join(folder, '.tidemark', 'jobs');
  return join(jobsFolder, readdirSync(jobsFolder).find((name) => new RegExp(`^${job}-[^.]+$`).test(name)) ?? '');
};

/** Waits until a checkpoint of the job holds so many rows of its source. */
async function hasRead(job: string, rows: number): Promise<void> {
  for (;;) {
    try {
      const path = stateFolder(job);
      const newest =
        readdirSync(path)
          .filter((name) => /^chk-.*json$/.test(name))
          .at(-1) ?? '';
      const [line = ''] = readFileSync(join(path, newest), 'utf8').split('\n');
      const { sources } = JSON.parse(line) as { sources: Record<string, { shards: readonly { rows: number }[] }> };
      const read = Object.values(sources).flatMap(({ shards }) => shards.map((shard) => shard.rows));
      if (read.reduce((sum, each) => sum + each, 0) >= rows) return;
    } catch {
      // Not yet, or another has just taken its place.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The sums that the changes in the files come to. */
function sums(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync(join(folder, 'sums')).filter((each) => !each.startsWith('.'))) {
    for (const line of readFileSync(join(folder, 'sums', name), 'utf8').split('\n')) {
      const { after } = JSON.parse(line || '{"after":null}') as { after: { k: number; s: number } | null };
      if (after !== null) found.set(after.k, Math.max(found.get(after.k) ?? 0, after.s));
    }
  }
  return found;
}

function sumOf(key: number, rows: number): number {
  return Array.from({ length: rows }, (_, at) => at).reduce((sum, v) => (v % 10 === key ? sum + v : sum), 0);
}

// Many processes, each of which starts in a second when the machine is busy.
test('a job is listed while it runs, stopped from elsewhere, inspected and dropped', { timeout: 90_000 }, async () => {
  const { child, ended } = start('run', 'job.sql');
  await hasRead('sums', 1000);
  // For another process of that number: nobody feels meant.
  writeFileSync(join(stateFolder('sums'), 'stop-request'), JSON.stringify({ pid: child.pid, started: 'long ago' }));
  const running = JSON.parse(jobs('list', '--json').stdout) as Record<string, unknown>;
  expect(running).toMatchObject({ name: 'sums', state: 'running', pid: child.pid, release: '0.1.0', rows: 10 });
  expect(jobs('drop', 'sums', '--yes')).toMatchObject({ status: 1, stderr: expect.stringContaining('stop it first') });
  const stopped = jobs('stop', 'su');
  expect(stopped).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^stopped sums at checkpoint \d+, 1,000 events in\n$/),
  });
  expect(await ended).toMatch(/^0: stopped in .* 1,000 events/);
  expect(jobs('list').stdout).toMatch(/^name .*\nsums +stopped +\d+ +\d+ s +[\d.]+ kB +10 +INSERT INTO `sums` SELECT/);

  const inspected = jobs('inspect', 'sums');
  expect(inspected.status).toBe(0);
  expect(inspected.stdout).toMatch(/aggregate-1 +10 +\d+ B +stores\.lasting\n/);
  expect(inspected.stdout).toMatch(/clicks \(filesystem\) +clicks\/0\.json +1,000 /);
  expect(inspected.stdout).toMatch(/pages-\d+ +[\d.]+ kB +right\n/);
  const [pagesName = ''] = readdirSync(stateFolder('sums')).filter((name) => name.startsWith('pages-'));
  const pages = join(stateFolder('sums'), pagesName);
  const whole = readFileSync(pages);
  writeFileSync(pages, Buffer.from(whole).fill(1, 200, 201));
  expect(jobs('inspect', 'sums')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('the block at byte 0 is damaged'),
  });

  expect(jobs('inspect', 'smus')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'error: there is no job "smus"\n(did you mean "sums"?)\n',
  });
  expect(jobs('drop', 'sums')).toMatchObject({ status: 2, stderr: expect.stringContaining('say --yes') });
  expect(jobs('drop', 'sums', '--yes').status).toBe(0);
  expect(jobs('list').stdout).toMatch(/^no job has state/);
});

test('a savepoint stands for itself: a job begins from it, under its own name or another', {
  timeout: 90_000,
}, async () => {
  const first = start('run', 'job.sql');
  await hasRead('sums', 1000);
  const stopped = jobs('stop', 'sums', '--savepoint', 'kept');
  expect(stopped.stdout).toMatch(/^stopped sums at checkpoint \d+, 1,000 events in\nsavepoint kept\n$/);
  await first.ended;
  expect(jobs('stop', 'sums', '--savepoint', 'kept')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is something in "kept" already'),
  });
  expect(jobs('drop', 'sums', '-y').status).toBe(0);
  rmSync(join(folder, 'sums'), { recursive: true });
  putClicks('1.json', 1000, 1500);
  const other = start('jobs', 'resume', 'other', '--from', 'kept');
  await hasRead('other', 1500);
  expect(jobs('stop', 'other').stdout).toMatch(/^stopped other at checkpoint \d+, 1,500 events in\n$/);
  expect(await other.ended).toMatch(/^0: other goes on from checkpoint \d+ in kept \(\d+ s old, 1,000 events in\)\n/);
  expect([...sums()].sort(([a], [b]) => a - b)).toEqual(
    Array.from({ length: 10 }, (_, key) => [key, sumOf(key, 1500)]),
  );

  // From its own state.
  putClicks('2.json', 1500, 1600);
  const again = start('jobs', 'resume', 'other');
  await hasRead('other', 1600);
  jobs('stop', 'other');
  expect(await again.ended).toMatch(
    /^0: other goes on from checkpoint \d+ in \.tidemark\S+ \(\d+ s old, 1,500 events in\)/,
  );
});
