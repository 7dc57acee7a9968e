import { describe, expect, test } from 'vitest';
import { displayWidth, padded } from '../../src/cli/display-width.ts';
import { addTotals, noTotals, progressLine, summaryLine } from '../../src/cli/summary-line.ts';
import type { JobProgress } from '../../src/runtime/job.ts';

const job: JobProgress = {
  rowsOut: 0,
  stateBytes: 0,
  events: 10_000,
  shards: 4,
  watermarkMs: Date.UTC(2015, 4, 20, 21, 4, 59),
  lateRows: 3,
  nullTimeRows: 0,
  malformedRecords: 1,
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

  test('of a script without a job is its time alone', () => {
    expect(summaryLine('stopped', noTotals, 12_345)).toBe('stopped in 12.3 s');
  });

  test('of a running job has the share that was read, where it is known', () => {
    const line = '10 k events   100 k/s   watermark 2015-05-20 21:04:59   late 3';
    expect(progressLine(job)).toBe(`${line}   25 %`);
    expect(progressLine({ ...job, bytesTotal: null })).toBe(line);
  });
});

describe('the width of a text on a terminal', () => {
  test('is its letters, with wide ones twice and combining marks not at all', () => {
    expect(['abc', 'Öl', 'e\u0301', '日本', '🙂'].map(displayWidth)).toEqual([3, 2, 1, 4, 2]);
  });

  test('is filled on either side, and never cut', () => {
    expect([padded('日', 4, false), padded('12', 4, true), padded('12345', 4, true)]).toEqual([
      '日  ',
      '  12',
      '12345',
    ]);
  });
});
