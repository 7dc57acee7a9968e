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
INSERT INTO sums SELECT k, SUM(v) FROM clicks GROUP BY k;
SELECT 'not reached' AS behind;`;

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

const stateFolder = (): string => {
  const jobsFolder = join(folder, '.tidemark', 'jobs');
  return join(jobsFolder, readdirSync(jobsFolder).find((name) => name.startsWith('sums')) ?? '');
};

/** Waits until a file of the job has come. */
async function appeared(pattern: RegExp): Promise<void> {
  for (;;) {
    try {
      if (readdirSync(stateFolder()).some((name) => pattern.test(name))) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Many processes, each of which starts in a second when the machine is busy.
test('a job is listed while it runs, stopped from elsewhere, inspected and dropped', { timeout: 90_000 }, async () => {
  const { child, ended } = start('run', 'job.sql');
  await appeared(/^chk-/);
  // For another process of that number: nobody feels meant.
  writeFileSync(join(stateFolder(), 'stop-request'), JSON.stringify({ pid: child.pid, started: 'long ago' }));
  const running = JSON.parse(jobs('list', '--json').stdout) as Record<string, unknown>;
  expect(running).toMatchObject({ name: 'sums', state: 'running', pid: child.pid, release: '0.1.0', rows: 10 });
  expect(jobs('drop', 'sums', '--yes')).toMatchObject({ status: 1, stderr: expect.stringContaining('stop it first') });
  const stopped = jobs('stop', 'su');
  expect(stopped).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^stopped sums at checkpoint \d+, 1,000 events in\n$/),
  });
  // The rest of the script is not run.
  expect(await ended).toMatch(/^0: stopped in .* 1,000 events/);
  expect(jobs('list').stdout).toMatch(/^name .*\nsums +stopped +\d+ +\d+ s +[\d.]+ kB +10 +INSERT INTO `sums` SELECT/);

  const inspected = jobs('inspect', 'sums');
  expect(inspected.status).toBe(0);
  expect(inspected.stdout).toMatch(/aggregate-1 +10 +\d+ B +stores\.lasting\n/);
  expect(inspected.stdout).toMatch(/clicks \(filesystem\) +clicks\/0\.json +1,000 /);
  expect(inspected.stdout).toMatch(/pages-0+1 +[\d.]+ kB +right\n/);
  const [pagesName = ''] = readdirSync(stateFolder()).filter((name) => name.startsWith('pages-'));
  const pages = join(stateFolder(), pagesName);
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
