import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import type { Job } from '../../src/runtime/job.ts';
import { askForSavepoint, type SavepointAnswer, savepointAnswer } from '../../src/state/savepoint-request.ts';
import { machine } from '../../src/streams/machine.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-savepoint-'));
  // The watermark stands within the second window.
  const rows = [1, 4, 12].map((second) =>
    JSON.stringify({ ts: new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ') }),
  );
  writeFileSync(join(folder, 'events.json'), `${rows.join('\n')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const windows = (): string => `
  CREATE TABLE events (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',
    'path' = '${folder}/events.json', 'format' = 'json', 'source.monitor-interval' = '1 h');
  CREATE TABLE counts (w TIMESTAMP(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/counts', 'format' = 'json');
  INSERT INTO counts SELECT window_start, COUNT(*) FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)
    GROUP BY window_start, window_end;`;

/** The rows that a text answers with, or the codes and messages of its refusal. */
async function answer(
  engine: Engine,
  text: string,
  onJob?: (job: Job) => void,
  warnings: string[] = [],
): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const event of engine.run(new SourceText('test', text), { onJob })) {
    if (event.kind === 'warnings') warnings.push(...event.diagnostics.map(({ message }) => message));
    if (event.kind === 'rows') rows.push(...event.rows.map(({ values }) => values[0]));
    if (event.kind === 'refused') rows.push(...event.diagnostics.map(({ code, message }) => `${code} ${message}`));
  }
  return rows;
}

/** Runs the windows without end, up to when all rows are read. */
async function allRead(
  engine: Engine,
  warnings: string[] = [],
): Promise<{ readonly running: Job; readonly ended: Promise<unknown> }> {
  let started: (job: Job) => void = () => {};
  const job = new Promise<Job>((resolve) => {
    started = resolve;
  });
  const ended = answer(engine, windows(), started, warnings);
  const running = await job;
  while (running.progress().events < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  return { running, ended };
}

/** Runs the windows without end, and stops them by a statement when all rows are read. */
async function stopBy(statement: string, settings: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const engine = new Engine({
    streamsFolder: join(folder, 'streams'),
    settings: { 'pipeline.name': 'windows', ...settings },
  });
  const { running, ended } = await allRead(engine);
  const told = await answer(engine, statement);
  if (running.progress().stateBytes > 0) engine.cancel();
  await ended;
  engine.close();
  return told;
}

function written(): readonly string[] {
  const names = readdirSync(join(folder, 'counts')).filter((name) => !name.startsWith('.'));
  return names
    .flatMap((name) =>
      readFileSync(join(folder, 'counts', name), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .sort();
}

const first = '{"w":"1970-01-01 00:00:00","n":2}';
const second = '{"w":"1970-01-01 00:00:10","n":1}';

test('STOP JOB ... WITH SAVEPOINT tells where it is; a job that begins there has its windows', async () => {
  const checkpoints = { 'execution.checkpointing.interval': '1 h' };
  const path = join(folder, 'savepoints', 'windows-000002');
  expect(await stopBy("STOP JOB '1' WITH SAVEPOINT", checkpoints)).toEqual([path]);
  expect(written()).toEqual([first]);
  expect(readdirSync(path)).toEqual(['chk-000002.json', 'pages-000002']);
  rmSync(join(folder, 'jobs'), { recursive: true });
  // Drained, the open window is sent; the setting says where the savepoint is.
  const from = {
    ...checkpoints,
    'execution.state-recovery.path': path,
    'execution.checkpointing.savepoint-dir': `file:${folder}/mine`,
  };
  expect(await stopBy("STOP JOB '1' WITH SAVEPOINT WITH DRAIN", from)).toEqual([
    join(folder, 'mine', 'windows-000003'),
  ]);
  expect(written()).toEqual([first, second]);
});

test('a job without checkpoints has no savepoint, and is not stopped', async () => {
  expect(await stopBy("STOP JOB '1' WITH SAVEPOINT", {})).toEqual([
    "B052 job '1' makes no checkpoints, and so no savepoint",
  ]);
});

test('a job that runs makes a savepoint and goes on; another begins from it beside the first', async () => {
  const engine = new Engine({
    streamsFolder: join(folder, 'streams'),
    settings: { 'pipeline.name': 'windows', 'execution.checkpointing.interval': '1 h' },
  });
  const { ended } = await allRead(engine);
  const [name = ''] = readdirSync(join(folder, 'jobs'));
  const stateFolder = join(folder, 'jobs', name);
  const among = join(folder, 'savepoints');
  const ask = async (id: string, path: string | null): Promise<SavepointAnswer> => {
    await askForSavepoint(machine, stateFolder, machine.processes.self, { id, path, among });
    for (;;) {
      const told = savepointAnswer(machine, stateFolder, id);
      if (told !== null) return told;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const path = join(among, 'windows-000002');
  expect(await ask('1', null)).toMatchObject({ path });
  // What was written by then is seen, as who begins from here does not write it.
  expect(written()).toEqual([first]);
  expect(await ask('2', path)).toMatchObject({ refusal: `there is something in "${path}" already` });
  const from = {
    'pipeline.name': 'others',
    'execution.checkpointing.interval': '1 h',
    'execution.state-recovery.path': path,
  };
  expect(await stopBy("STOP JOB '1' WITH SAVEPOINT WITH DRAIN", from)).toEqual([join(among, 'others-000003')]);
  expect(written()).toEqual([first, second]);
  engine.cancel();
  await ended;
  engine.close();
});

test('of a savepoint that fails nothing is left, and the job that was asked for it goes on', async () => {
  const state = simulatedState(({ kind, path }) => (kind === 'write' && path.includes('/mine/') ? 'no space' : 'none'));
  const engine = new Engine({
    streamsFolder: '/disk/streams',
    stateEnvironment: state,
    settings: { 'pipeline.name': 'windows', 'execution.checkpointing.interval': '10 ms' },
  });
  const { running, ended } = await allRead(engine);
  const [job = ''] = state.files.list('/disk/jobs');
  const path = '/disk/mine/one';
  await askForSavepoint(state, `/disk/jobs/${job}`, state.processes.self, { id: 'a', path, among: '' });
  const answered = (): SavepointAnswer | null => savepointAnswer(state, `/disk/jobs/${job}`, 'a');
  while (answered() === null) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(answered()).toMatchObject({ refusal: expect.stringContaining('no space') });
  expect(state.files.list(path)).toEqual([]);
  const before = running.lastCheckpoint?.epoch ?? 0;
  while ((running.lastCheckpoint?.epoch ?? 0) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  engine.cancel();
  await ended;
  engine.close();
});

test('a job goes on where nobody can be told of its savepoint', async () => {
  let failures = 0;
  const state = simulatedState(({ kind, path }) =>
    kind === 'create' && path.endsWith('savepoint-answer') && ++failures > 0 ? 'no space' : 'none',
  );
  const warnings: string[] = [];
  const engine = new Engine({
    streamsFolder: '/disk/streams',
    stateEnvironment: state,
    settings: { 'pipeline.name': 'windows', 'execution.checkpointing.interval': '10 ms' },
  });
  const { running, ended } = await allRead(engine, warnings);
  const [job = ''] = state.files.list('/disk/jobs');
  await askForSavepoint(state, `/disk/jobs/${job}`, state.processes.self, {
    id: 'a',
    path: '/disk/mine/one',
    among: '',
  });
  while (failures === 0 || warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(warnings[0]).toContain('who has asked for a savepoint could not be answered');
  const before = running.lastCheckpoint?.epoch ?? 0;
  while ((running.lastCheckpoint?.epoch ?? 0) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(running.progress().restarts).toBe(0);
  engine.cancel();
  await ended;
  engine.close();
});
