import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { FaultyFiles } from '../support/limits/faulty-files.ts';
import { FaultyFs } from '../support/limits/faulty-fs.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';

const rows = 300;
let folder = '';
let clock = new JumpingClock();
let disk: FaultyFs;
let written = new FaultyFiles();
let state = simulatedState();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-faulty-'));
  clock = new JumpingClock();
  clock.giveTurn = () => {
    clock.advance(1);
    return new Promise((resolve) => setImmediate(resolve));
  };
  state = simulatedState();
  mkdirSync(join(folder, 'events'));
  for (const file of [0, 1, 2]) {
    const lines = Array.from({ length: rows / 3 }, (_, row) => JSON.stringify({ v: (file * rows) / 3 + row }));
    writeFileSync(join(folder, 'events', `${file}.json`), `${lines.join('\n')}\n`);
  }
  disk = new FaultyFs();
  written = new FaultyFiles();
});

afterEach(() => {
  disk.restore();
  rmSync(folder, { recursive: true, force: true });
});

const options = (): EngineOptions => ({
  clock,
  streamsFolder: join(folder, 'streams'),
  stateEnvironment: state,
  streamEnvironment: written.environment,
});

const script = (settings = '', rolling = ''): string => `
  SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '10'; ${settings}
  CREATE TABLE events (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
  CREATE TABLE files (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/files', 'format' = 'json' ${rolling});
  INSERT INTO files SELECT v FROM events;`;

/** The rows of the files that are seen, in their order. */
function seen(): number[] {
  if (!existsSync(join(folder, 'files'))) return [];
  const names = readdirSync(join(folder, 'files')).filter((name) => !name.startsWith('.'));
  return names
    .sort((a, b) => Number(a.split('-').at(-1)) - Number(b.split('-').at(-1)))
    .flatMap((name) =>
      readFileSync(join(folder, 'files', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => (JSON.parse(line) as { readonly v: number }).v);
}

const all = Array.from({ length: rows }, (_, v) => v);

test.each([
  ['all in one file', '', 1],
  ['in many', ", 'sink.rolling-policy.file-size' = '200 b'", 4],
])(
  'a sink whose disk is full has the job run again until there is room, and has each row once, %s',
  async (_, rolling, firstFailing) => {
    let writes = 0;
    written.fails = (operation, path) =>
      operation === 'write' && path.includes('.part-') && ++writes >= firstFailing && clock.waitsMs.length < 3
        ? 'ENOSPC'
        : null;
    const { warnings, refused } = await toldRun(script('', rolling), options());
    expect(refused).toBe(null);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(warning).toMatch(/F014: no space is left for ".*\/files"$/);
    expect(seen()).toEqual(all);
    expect(readdirSync(join(folder, 'files')).filter((name) => name.startsWith('.'))).toEqual([]);
  },
);

test('a job without checkpoints whose sink has no room is refused, and leaves no file in work behind', async () => {
  written.fails = (operation, path) => (operation === 'write' && path.includes('.part-') ? 'ENOSPC' : null);
  const { refused } = await toldRun(script("SET 'execution.checkpointing.interval' = '0';"), options());
  expect(refused).toMatch(/^F014 no space is left for ".*\/files"$/);
  expect(readdirSync(join(folder, 'files'))).toEqual([]);
});

test('a sink that may not be written is refused before the first row', async () => {
  written.fails = (operation, path) => (operation === 'make folder' && path.endsWith('/files') ? 'EACCES' : null);
  const { refused, warnings } = await toldRun(script(), options());
  expect(refused).toMatch(/^F014 no permission to write to ".*\/files"$/);
  expect(warnings).toEqual([]);
});

test('a source that may not be read for a while is read on when it may', async () => {
  disk.fails = (operation, path) =>
    operation === 'openSync' && path.endsWith('/events/1.json') && clock.waitsMs.length < 2 ? 'EACCES' : null;
  const { refused, warnings } = await toldRun(script(), options());
  expect(refused).toBe(null);
  expect(warnings).toHaveLength(2);
  for (const warning of warnings) expect(warning).toMatch(/F013: no permission to read ".*1\.json"$/);
  expect(seen()).toEqual(all);
});

test('a source that cannot be read any more ends a job that may run again once, and its rows stay', async () => {
  disk.fails = (operation, path) => (operation === 'readSync' && path.endsWith('/events/2.json') ? 'EIO' : null);
  const once = "SET 'restart-strategy.type' = 'fixed-delay';";
  const { refused, warnings } = await toldRun(script(once), options());
  expect(warnings).toHaveLength(1);
  expect(refused).toMatch(/^F013 could not read ".*2\.json": EIO.* \| the job ran again once: /);
  disk.fails = () => null;
  expect((await toldRun(script(once), options())).refused).toBe(null);
  expect(seen()).toEqual(all);
});

test('a folder of checkpoints that may not be written is told before the first row, and one that may not be read too', async () => {
  const jobs = join(folder, 'jobs');
  state = simulatedState();
  state.files.makeFolder = async () => {
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  };
  expect((await toldRun(script(), options())).refused).toMatch(
    /^F025 the folder of the checkpoints cannot be used: no permission to write in ".*\/jobs\/job-[0-9a-f]+"$/,
  );
  state = simulatedState();
  state.files.list = (path) => {
    if (!path.startsWith(jobs)) return [];
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  };
  expect((await toldRun(script(), options())).refused).toMatch(
    /^F021 no permission to read ".*\/jobs\/job-[0-9a-f]+"$/,
  );
  expect(seen()).toEqual([]);
});

test('rows of a checkpoint that came to nothing are seen with the next, each once', async () => {
  let writes = 0;
  state = simulatedState(({ kind, path }) =>
    kind === 'write' && path.includes('/chk-') && ++writes === 1 ? 'no space' : 'none',
  );
  // Time goes on with each row that is written.
  written.fails = (operation, path) => {
    if (operation === 'write' && path.includes('.part-')) clock.advance(5);
    return null;
  };
  const tolerated =
    "SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1'; SET 'execution.checkpointing.interval' = '40 ms';";
  const { refused, warnings } = await toldRun(
    script(tolerated, ", 'sink.rolling-policy.file-size' = '100 b'"),
    options(),
  );
  expect(refused).toBe(null);
  expect(warnings).toHaveLength(1);
  for (const warning of warnings)
    expect(warning).toMatch(/^F025 checkpoint \d+ could not be written: no space is left/);
  expect(seen()).toEqual(all);
});

test('a sink with many partitions has a bounded number of files open', async () => {
  const count = 270;
  const events = Array.from({ length: count + 20 }, (_, row) => JSON.stringify({ v: row % count }));
  rmSync(join(folder, 'events'), { recursive: true });
  mkdirSync(join(folder, 'events'));
  writeFileSync(join(folder, 'events', '0.json'), `${events.join('\n')}\n`);
  let openMax = 0;
  written.fails = () => {
    openMax = Math.max(openMax, written.open.size);
    return null;
  };
  const { refused } = await toldRun(
    `CREATE TABLE events (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
    CREATE TABLE files (v BIGINT, p BIGINT) PARTITIONED BY (p) WITH ('connector' = 'filesystem', 'path' = '${folder}/files', 'format' = 'json');
    INSERT INTO files SELECT v, v FROM events;`,
    options(),
  );
  expect(refused).toBe(null);
  expect(openMax).toBe(256);
  const names = readdirSync(join(folder, 'files'), { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  expect(names.filter(({ name }) => name.startsWith('.'))).toEqual([]);
  const lines = names.flatMap(({ name, parentPath }) =>
    readFileSync(join(parentPath, name), 'utf8').trim().split('\n'),
  );
  expect(lines).toHaveLength(count + 20);
});
