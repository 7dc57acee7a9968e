import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine, type EngineOptions } from '../../src/engine.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { askToStop } from '../../src/state/stop-request.ts';
import { machine } from '../../src/streams/machine.ts';
import { StreamLock } from '../../src/streams/stream-lock.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { type ToldRun, toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

const rows = 100;
let folder = '';
let clock = new JumpingClock();
let written = new TransactionalTable();
let state = simulatedState();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-restarts-'));
  clock = new JumpingClock();
  written = new TransactionalTable();
  state = simulatedState();
  mkdirSync(join(folder, 'events'));
  const lines = Array.from({ length: rows }, (_, row) => JSON.stringify({ k: row % 3, v: row }));
  writeFileSync(join(folder, 'events', '1.json'), `${lines.join('\n')}\n`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Checkpoints are due before each batch of ten rows. */
const checkpoints = `SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '10';
  SET 'restart-strategy.exponential-delay.jitter-factor' = '0';`;

const tables = (source = ''): string => `
  CREATE TABLE events (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json' ${source});
  CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written');`;

const options = (): EngineOptions => ({
  clock,
  streamsFolder: join(folder, 'streams'),
  stateEnvironment: state,
  programSinks: new Map([['written', (request) => written.sink(request)]]),
});

/** Time goes on with each write, so that a checkpoint is due. */
function failingWrites(failing: ReadonlySet<number>, error = new Error('the line is dead')): void {
  let writes = 0;
  written.before = (call) => {
    clock.advance(1);
    if (call === 'write' && failing.has(++writes)) throw error;
  };
}

const all = Array.from({ length: rows }, (_, row) => String(row));

test('a job whose sink fails runs again from its last checkpoint, says so, and writes each row once', async () => {
  failingWrites(new Set([4, 6]));
  const { warnings, refused, summary } = await toldRun(
    `${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`,
    options(),
  );
  expect(refused).toBe(null);
  expect(written.rows).toEqual(all);
  expect(warnings).toEqual([
    "F022 attempt 1: the job has failed, and runs again in 1 s from its checkpoint 4 | F014: the program did not take rows of 'written': the line is dead",
    "F022 attempt 2: the job has failed, and runs again in 1.5 s from its checkpoint 6 | F014: the program did not take rows of 'written': the line is dead",
  ]);
  expect(summary).toMatchObject({ outcome: 'finished', restarts: 2, events: rows });
  expect(clock.waitsMs).toEqual([1000, 1500]);
});

const onceAnHour = `${checkpoints} SET 'execution.checkpointing.interval' = '1 h';`;

test('a checkpoint is made before it reads: however soon it fails, it goes on from where it began', async () => {
  failingWrites(new Set([1]));
  const { warnings } = await toldRun(`${onceAnHour} ${tables()} INSERT INTO written SELECT v FROM events;`, options());
  expect(warnings[0]).toContain('runs again in 1 s from its checkpoint 1');
  expect(written.rows).toEqual(all);
});

test('where that one comes to nothing, it begins anew', async () => {
  let prepared = 0;
  written.before = (call) => {
    if (call === 'prepare' && ++prepared === 1) throw new Error('the line is dead');
  };
  const { warnings } = await toldRun(`${onceAnHour} ${tables()} INSERT INTO written SELECT v FROM events;`, options());
  expect(warnings[0]).toContain('runs again in 1 s from its start, as it has no checkpoint yet');
  expect(written.rows).toEqual(all);
});

test('its state goes on: sums are those of a run without a failure', async () => {
  failingWrites(new Set([4, 5, 7]));
  const sums = `INSERT INTO written SELECT SUM(v) OVER (PARTITION BY k ORDER BY p) FROM timed;`;
  const timed = `CREATE VIEW timed AS SELECT k, v, PROCTIME() AS p FROM events;`;
  const { refused } = await toldRun(`${checkpoints} ${tables()} ${timed} ${sums}`, options());
  expect(refused).toBe(null);
  const totals = [0, 0, 0];
  const expected = all.map((text) => {
    const key = Number(text) % 3;
    totals[key] = (totals[key] ?? 0) + Number(text);
    return String(totals[key]);
  });
  expect(written.rows).toEqual(expected);
});

test('late rows that an operator has made are kept once, however often the job runs again', async () => {
  mkdirSync(join(folder, 'clicks'));
  mkdirSync(join(folder, 'pages'));
  writeFileSync(join(folder, 'pages', '1.csv'), 'home,ann\ncart,bob\n');
  const time = (second: number): string => new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString().slice(0, 19);
  // Each fifth row comes too late.
  const clicks = all.map((text, row) => `${time(row * 4 - (row % 5 === 4 ? 60 : 0)).replace('T', ' ')},home,${text}`);
  writeFileSync(join(folder, 'clicks', '1.csv'), `${clicks.join('\n')}\n`);
  const script = `${checkpoints} ${tables()}
    CREATE TABLE clicks (ts TIMESTAMP(3), page STRING, n BIGINT, pt AS PROCTIME(), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = '${folder}/clicks', 'format' = 'csv');
    CREATE TABLE pages (name STRING, owner STRING)
    WITH ('connector' = 'filesystem', 'path' = '${folder}/pages', 'format' = 'csv', 'lookup.cache' = 'FULL');
    CREATE VIEW owned AS
    SELECT c.ts, c.n, p.owner FROM clicks AS c LEFT JOIN pages FOR SYSTEM_TIME AS OF c.pt AS p ON c.page = p.name;`;
  const kept = { ...options(), keptRowsFolder: join(folder, 'streams') };
  failingWrites(new Set([3, 6, 8, 9]));
  const counts = `SELECT COUNT(*) FROM TUMBLE(TABLE owned, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end`;
  const { refused, summary } = await toldRun(`${script} INSERT INTO written ${counts};`, kept);
  expect([refused, summary?.restarts]).toEqual([null, 4]);
  written.rows.length = 0;
  written.before = () => {};
  await toldRun(`${script} INSERT INTO written SELECT late_by_ms FROM clicks$late;`, kept);
  expect(written.rows).toHaveLength(rows / 5);
});

test('a row that fails again behind a restart ends the job, which says why', async () => {
  failingWrites(new Set());
  const { warnings, refused } = await toldRun(
    `${checkpoints} ${tables()} INSERT INTO written SELECT 1000 / (v - 55) FROM events;`,
    options(),
  );
  expect(warnings).toHaveLength(1);
  expect(refused).toMatch(
    /^F001 .*\| at the row .*1\.json:56 .*\| the job ran again from its last checkpoint, and failed at the same place$/,
  );
  // The row before it stays as it was committed, and is not written again.
  expect(written.rows).toHaveLength(50);
});

test('a strategy that allows no more ends the job with the failure', async () => {
  failingWrites(new Set([2, 3, 4]));
  const strategy = `SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '2';`;
  const { refused, warnings } = await toldRun(
    `${checkpoints} ${strategy} ${tables()} INSERT INTO written SELECT v FROM events;`,
    options(),
  );
  expect(warnings).toHaveLength(2);
  expect(refused).toBe(
    "F014 the program did not take rows of 'written': the line is dead | the job ran again 2 times: 'restart-strategy.type' = 'fixed-delay' allows no more",
  );
  // It goes on from its checkpoint when it is run again.
  written.before = () => {};
  await toldRun(`${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`, options());
  expect(written.rows).toEqual(all);
});

test('without checkpoints a job does not run again, and says why where somebody asked for it', async () => {
  failingWrites(new Set([1, 2]));
  const script = `${tables()} INSERT INTO written SELECT v FROM events;`;
  const silent = await toldRun(script, options());
  expect(silent).toMatchObject({
    warnings: [],
    refused: "F014 the program did not take rows of 'written': the line is dead",
  });
  const asked = await toldRun(`SET 'restart-strategy.type' = 'fixed-delay'; ${script}`, options());
  expect(asked.warnings).toEqual([]);
  expect(asked.refused).toContain('it does not run again: without checkpoints it would write rows twice');
});

test('what cannot be read a second time is not lost by a restart: the job fails', async () => {
  failingWrites(new Set([1]));
  const generated = `CREATE TABLE generated (v BIGINT) WITH ('connector' = 'datagen', 'fields.v.kind' = 'sequence', 'fields.v.start' = '1', 'fields.v.end' = '20');`;
  const { refused } = await toldRun(
    `${checkpoints} ${tables()} ${generated} INSERT INTO written SELECT v FROM generated;`,
    options(),
  );
  expect(refused).toContain('it does not run again: what was read of "generated" cannot be read a second time');
});

test('what is wrong from the start is told at once', async () => {
  written.before = (call) => {
    if (call === 'open') throw new Error('nobody listens');
  };
  const { refused, warnings } = await toldRun(
    `${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`,
    options(),
  );
  expect(warnings).toEqual([]);
  expect(refused).toBe("F014 the program did not take rows of 'written': nobody listens");
});

test('a job that waits is told as RESTARTING, and stops where it is asked to', async () => {
  failingWrites(new Set([3]));
  const stop = new AbortController();
  let status = '';
  let entryStatus = (): string => '';
  clock.onWait = () => {
    status = entryStatus();
    stop.abort();
  };
  const { refused, summary, warnings } = await toldRun(
    `${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`,
    options(),
    {
      signal: stop.signal,
      onJob: (_, entry) => {
        entryStatus = () => entry.status;
      },
    },
  );
  expect(status).toBe('RESTARTING');
  expect(entryStatus()).toBe('CANCELED');
  expect({ refused, outcome: summary?.outcome, warnings: warnings.length }).toEqual({
    refused: null,
    outcome: 'cancelled',
    warnings: 1,
  });
  // As after a kill: it goes on when it is run again.
  clock.onWait = () => {};
  await toldRun(`${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`, options());
  expect(written.rows).toEqual(all);
});

test('what is SET while a job runs does not change it when it runs again', async () => {
  failingWrites(new Set([4]));
  const engine = new Engine(options());
  clock.onWait = () => engine.session.settings.set('execution.checkpointing.dir', join(folder, 'elsewhere'), null);
  for await (const event of engine.run(
    new SourceText('job.sql', `${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`),
  ))
    expect(event.kind).not.toBe('refused');
  expect(written.rows).toEqual(all);
});

test('a folder that is gone for a while is read on when it is back', async () => {
  const stop = new AbortController();
  failingWrites(new Set());
  const seen = written.before;
  let isGone = false;
  let isBack = false;
  written.before = (call) => {
    void seen(call);
    if (call !== 'commit' || isGone) return;
    isGone = true;
    renameSync(join(folder, 'events'), join(folder, 'moved'));
  };
  clock.onWait = (ms) => {
    if (isBack && written.rows.length === rows) stop.abort();
    if (ms !== 3375) return;
    isBack = true;
    renameSync(join(folder, 'moved'), join(folder, 'events'));
  };
  const { refused, warnings } = await toldRun(
    `${checkpoints} ${tables(", 'source.monitor-interval' = '1 ms'")} INSERT INTO written SELECT v FROM events;`,
    options(),
    { signal: stop.signal },
  );
  expect(refused).toBe(null);
  expect(warnings).toHaveLength(4);
  for (const warning of warnings) expect(warning).toContain('F013: there is no file or folder');
  expect(written.rows).toEqual(all);
});

test('files that a job had in work before its first checkpoint are taken away when it runs again', async () => {
  failingWrites(new Set([2]));
  const files = `CREATE TABLE files (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/files', 'format' = 'json');`;
  await toldRun(
    `${checkpoints} SET 'execution.checkpointing.interval' = '1 h'; ${tables()} ${files}
    EXECUTE STATEMENT SET BEGIN INSERT INTO files SELECT v FROM events; INSERT INTO written SELECT v FROM events; END;`,
    options(),
  );
  const names = readdirSync(join(folder, 'files'));
  expect(names).toHaveLength(1);
  expect(
    readFileSync(join(folder, 'files', names[0] ?? ''), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(rows);
});

/** Asks for the job to be stopped from elsewhere while it waits a second to run again; what has become of it. */
async function stoppedWhileItWaits(drains: boolean): Promise<ToldRun> {
  failingWrites(new Set([4]));
  const jobs = join(folder, 'jobs');
  const standing: Clock = {
    nowMs: () => clock.nowMs(),
    elapsedMs: () => clock.elapsedMs(),
    giveTurn: () => clock.giveTurn(),
    async wait(ms, signal) {
      if (ms !== 1000) return clock.wait(ms, signal);
      const [name = ''] = readdirSync(jobs);
      // Nobody else may have it meanwhile.
      expect(StreamLock.owner(machine, join(jobs, name))).toEqual(machine.processes.self);
      await askToStop(machine, join(jobs, name), machine.processes.self, { drains });
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
  const without = `${checkpoints} ${tables(", 'source.monitor-interval' = '1 h'")} INSERT INTO written SELECT v FROM events;`;
  return toldRun(without, { ...options(), clock: standing, stateEnvironment: machine });
}

test('a job that waits to run again is stopped from elsewhere, and goes on from its checkpoint another time', async () => {
  const { refused, summary } = await stoppedWhileItWaits(false);
  expect(refused).toBe(null);
  expect(summary).toMatchObject({ outcome: 'stopped', restarts: 0 });
  expect(written.rows.length).toBeLessThan(rows);
  const again = await toldRun(`${checkpoints} ${tables()} INSERT INTO written SELECT v FROM events;`, {
    ...options(),
    stateEnvironment: machine,
  });
  expect(again.refused).toBe(null);
  expect(written.rows).toEqual(all);
});

test('one that is to be drained runs again for that', async () => {
  const { refused, summary } = await stoppedWhileItWaits(true);
  expect(refused).toBe(null);
  expect(summary).toMatchObject({ outcome: 'stopped', restarts: 1 });
});

test('a stop that is asked for from elsewhere is not forgotten where the last checkpoint fails', async () => {
  let writes = 0;
  let asked: Promise<void> = Promise.resolve();
  let isAsked = false;
  let failures = 0;
  written.before = (call) => {
    clock.advance(1);
    if (call === 'write' && ++writes === 3) {
      const jobs = join(folder, 'jobs');
      const [name = ''] = readdirSync(jobs);
      asked = askToStop(machine, join(jobs, name), machine.processes.self, { drains: false }).then(() => {
        isAsked = true;
      });
    }
    if (call !== 'prepare' || !isAsked || failures > 0) return;
    failures++;
    throw new Error('the line is dead');
  };
  const endless = `${checkpoints} ${tables(", 'source.monitor-interval' = '1 h'")} INSERT INTO written SELECT v FROM events;`;
  const { refused, summary, warnings } = await toldRun(endless, { ...options(), stateEnvironment: machine });
  await asked;
  expect(refused).toBe(null);
  expect(warnings[0]).toContain('the line is dead');
  expect(summary).toMatchObject({ outcome: 'stopped', restarts: 0 });
  expect(failures).toBe(1);
});
