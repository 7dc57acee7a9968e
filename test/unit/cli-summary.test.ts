import { describe, expect, test } from 'vitest';
import { displayWidth, padded } from '../../src/cli/display-width.ts';
import { keptLines } from '../../src/cli/kept-lines.ts';
import { endLine, liveLine } from '../../src/cli/prompt/status-line.ts';
import { addTotals, noTotals, progressLine, summaryLine } from '../../src/cli/summary-line.ts';
import type { JobProgress } from '../../src/runtime/job.ts';

const job: JobProgress = {
  rowsOut: 0,
  stateBytes: 0,
  events: 10_000,
  shards: 4,
  watermarkMs: Date.UTC(2015, 4, 20, 21, 4, 59),
  lateRows: 3,
  kept: [],
  nullTimeRows: 0,
  malformedRecords: 1,
  restarts: 0,
  elapsedMs: 100,
  bytesRead: 50,
  bytesTotal: 200,
};

describe('the summary', () => {
  test('tells events, shards, watermark, late and malformed rows and the rate', () => {
    expect(summaryLine('done', addTotals(noTotals, job), 210)).toBe(
      'done in 0.21 s   10,000 events (48 k/s incl. start)   4 shards   watermark 2015-05-20 21:04:59   late 3   malformed 1',
    );
  });

  test('adds up the events of several jobs over the same shards', () => {
    const totals = addTotals(addTotals(noTotals, job), { ...job, watermarkMs: null, events: 1 });
    expect(totals).toMatchObject({ jobs: 2, events: 10_001, shards: 4, watermarkMs: job.watermarkMs, lateRows: 6 });
  });

  test('adds up restarts where there are any', () => {
    const restarted = { ...job, restarts: 2 };
    expect(summaryLine('done', addTotals(addTotals(noTotals, restarted), restarted), 210)).toMatch(/ {3}restarts 4$/);
  });

  test('of a script without a job is its time alone', () => {
    expect(summaryLine('stopped', noTotals, 12_345)).toBe('stopped in 12.3 s');
  });

  test('of a running job has the share that was read, where it is known', () => {
    const line = '10 k events   100 k/s   watermark 2015-05-20 21:04:59   late 3';
    expect(progressLine(job)).toBe(`${line}   25 %`);
    expect(progressLine({ ...job, bytesTotal: null })).toBe(line);
  });
});

describe('what is said of rows that are kept', () => {
  const late = { table: 'clicks$late', kind: 'late', rows: 1, isDurable: true, problem: null } as const;

  test('is how many, and the statement that shows them', () => {
    expect(keptLines([late, { ...late, table: 'my clicks$errors', kind: 'errors', rows: 1200 }])).toEqual([
      '1 late row, kept in clicks$late: SELECT * FROM clicks$late',
      '1,200 rows with an error, kept in my clicks$errors: SELECT * FROM `my clicks$errors`',
    ]);
  });

  test('is for how long, and why, where they are not on the disk', () => {
    expect(keptLines([{ ...late, isDurable: false, problem: 'no space left on device' }])).toEqual([
      '1 late row, kept in clicks$late until the end of this session (no space left on device): SELECT * FROM clicks$late',
    ]);
  });

  test('adds up over several jobs', () => {
    const totals = addTotals(addTotals(noTotals, { ...job, kept: [late] }), { ...job, kept: [{ ...late, rows: 2 }] });
    expect(totals.kept).toEqual([{ ...late, rows: 3 }]);
  });
});

describe('the lines of the prompt', () => {
  test('a query that runs tells how far it is, and always how it is stopped', () => {
    const nowMs = Date.UTC(2015, 4, 20, 21, 5, 0);
    const state = { progress: job, eventsPerSecond: 310_000, nowMs, isStopping: false };
    const start = 'live   10 k events   310 k/s';
    const watermark = 'watermark 2015-05-20 21:04:59   1.00 s behind';
    expect(liveLine(state, 200)).toBe(`${start}   ${watermark}   late 3   malformed 1   ctrl-c to stop`);
    expect(liveLine(state, 100)).toBe(`${start}   ${watermark}   ctrl-c to stop`);
    expect(liveLine({ ...state, isStopping: true }, 60)).toBe(`${start}   stopping ...`);
    // Of old data it says nothing how far the watermark is behind.
    expect(liveLine({ ...state, nowMs: nowMs + 86_400_000 }, 200)).not.toContain('behind');
  });

  test('one that has ended tells its rows and its time', () => {
    const summary = { ...job, outcome: 'finished' } as const;
    expect(endLine({ isStopped: false, rows: 24, elapsedMs: 210, summary })).toBe(
      '24 rows   0.21 s   10,000 events (100 k/s)   watermark 2015-05-20 21:04:59   late 3   malformed 1',
    );
    expect(endLine({ isStopped: false, rows: null, elapsedMs: 4, summary: null })).toBe('ok   0.00 s');
    expect(endLine({ isStopped: true, rows: 1, elapsedMs: 4, summary: null })).toBe('stopped   1 row   0.00 s');
  });
});

describe('the width of a text on a terminal', () => {
  test('is its letters, with wide ones twice and combining marks not at all', () => {
    expect(['abc', 'Öl', 'e\u0301', '日本', '🙂', '✅', '🇳🇴'].map(displayWidth)).toEqual([3, 2, 1, 4, 2, 2, 2]);
  });

  test('is filled on either side, and never cut', () => {
    expect([padded('日', 4, false), padded('12', 4, true), padded('12345', 4, true)]).toEqual([
      '日  ',
      '  12',
      '12345',
    ]);
  });
});
