import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowFailure } from '../../src/codegen/row-failure.ts';
import type { Sink } from '../../src/connectors/connector.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import type { Batch } from '../../src/memory/batch.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalGraph, Work } from '../../src/physical/graph.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { Job, type JobSummary } from '../../src/runtime/job.ts';
import { EventSource, eventGraph, Recorder, type Step } from '../support/runtime/event-source.ts';

const memory = Memory.create();
const session = { timeZone: 'UTC', database: 'default_database', zoneAddress: 0, processingTimeMs: () => 0 };

/** Windows of 10 ms that start every 5 ms: a row may be late for one and not for the other. */
const hopping: Work = {
  kind: 'window-aggregate',
  window: {
    kind: 'assign',
    window: { kind: 'hop', sizeMs: 10, slideMs: 5, offsetMs: 0 },
    timeColumn: 0,
    time: 'event',
  },
  keys: [],
  aggregates: [],
  windowColumns: [],
  legacy: false,
  emit: null,
};

/** Takes everything; with `delay`, only when it is told to. */
class TestSink implements Sink {
  readonly accepts = 'all';
  readonly log: string[] = [];
  rowCount = 0;
  writes: ((batch: Batch) => void | Promise<void>) | null = null;

  async open(): Promise<void> {
    this.log.push('open');
  }
  write(batch: Batch): void | Promise<void> {
    this.rowCount += batch.rowCount;
    return this.writes?.(batch);
  }
  async finish(): Promise<void> {
    this.log.push('finish');
  }
  async abort(): Promise<void> {
    this.log.push('abort');
  }
}

function times(...timesMs: number[]): Step {
  return { timesMs };
}

interface Run {
  readonly job: Job;
  readonly recorder: Recorder;
  readonly sink: TestSink;
  readonly clock: ManualClock;
  readonly source: EventSource;
}

function prepare(
  shards: readonly (readonly Step[])[],
  options: {
    rowsMax?: number;
    bounded?: boolean;
    parents?: ReadonlyMap<number, readonly number[]>;
    work?: Work;
    idleTimeoutMs?: number;
    graph?: PhysicalGraph;
  } = {},
): Run {
  const graph = options.graph ?? eventGraph(options.work);
  const source = new EventSource(memory, shards, options);
  const recorder = new Recorder(memory);
  const sink = new TestSink();
  const clock = new ManualClock(1000);
  const job = new Job({
    graph,
    memory,
    session,
    clock,
    sources: new Map([['source-0', source]]),
    lookups: new Map(),
    operators: new Map([['operator', recorder]]),
    sinks: new Map([['sink', sink]]),
    idleTimeoutMs: options.idleTimeoutMs ?? 0,
  });
  return { job, recorder, sink, clock, source };
}

/** Moves the clock to whatever the job waits for until the job ends or nothing more is wanted. */
async function drive(run: Run, until: () => boolean): Promise<JobSummary> {
  const done = run.job.run();
  let summary: JobSummary | undefined;
  const ended = done.then((value) => {
    summary = value;
  });
  while (summary === undefined) {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    if (until()) run.job.cancel();
    const dueMs = run.clock.nextDueMs;
    if (dueMs !== null) run.clock.advance(Math.max(0, dueMs - run.clock.nowMs()));
    await Promise.race([ended, new Promise((resolve) => setImmediate(resolve))]);
  }
  return summary;
}

describe('a job over one shard', () => {
  test('rows, then their watermark, then the end of time', async () => {
    const { job, recorder, sink, source } = prepare([[times(1, 7), times(9)]]);
    const summary = await job.run();
    expect(recorder.log).toEqual(['rows 1 7', 'watermark 7', 'rows 9', 'watermark 9', 'watermark Infinity']);
    expect(sink.log).toEqual(['open', 'finish']);
    expect([source.opened, source.closed, recorder.closed]).toEqual([1, 1, 1]);
    expect(summary).toMatchObject({ outcome: 'finished', events: 3, shards: 1, watermarkMs: 9 });
  });

  test('a time before 1970 moves no watermark', async () => {
    const { job, recorder } = prepare([[times(-5), times(-1, 3)]]);
    await job.run();
    expect(recorder.log).toEqual(['rows -5', 'rows -1 3', 'watermark 3', 'watermark Infinity']);
  });

  test('a batch is cut before a row that is too late for a window', async () => {
    const { job, recorder } = prepare([[times(1, 12, 3, 13)]], { work: hopping });
    await job.run();
    // -- 3 is too late for [-5,5) and in time for [0,10) only until 12 closed it
    expect(recorder.log).toEqual(['rows 1 12', 'watermark 12', 'rows 3 13', 'watermark 13', 'watermark Infinity']);
  });

  test('a row behind the watermark in the same slice of time cuts nothing', async () => {
    const { job, recorder } = prepare([[times(1, 3, 2)]], { work: hopping });
    await job.run();
    expect(recorder.log).toEqual(['rows 1 3 2', 'watermark 3', 'watermark Infinity']);
  });
});

describe('a job over several shards', () => {
  test('the watermark is the lowest of the shards, and an ended shard is left out', async () => {
    const { job, recorder } = prepare([[times(10), times(40)], [times(20)]]);
    await job.run();
    expect(recorder.log).toEqual([
      'rows 10', // -- shard 1 has no watermark yet
      'rows 40', // -- the same turn
      'rows 20',
      'watermark 20',
      'watermark Infinity', // -- both have ended
    ]);
  });

  test("a late row waits until the other shards have come to its shard's time", async () => {
    const { job, recorder } = prepare([[times(1, 50, 2)], [times(4), times(60)]], { work: hopping });
    await job.run();
    expect(recorder.log).toEqual([
      'rows 1 50',
      'rows 4',
      'watermark 4',
      'rows 60',
      'watermark 50',
      'rows 2',
      'watermark Infinity',
    ]);
  });

  test('any size of batch gives the same rows in the same order, equally late', async () => {
    const shard = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(shard, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (shards, rowsMax) => {
          const seen = async (size: number) => {
            const run = prepare(
              shards.map((timesMs) => (timesMs.length === 0 ? [] : [times(...timesMs)])),
              { rowsMax: size, work: hopping },
            );
            await run.job.run();
            // The windows that are still open to the row, by their ends.
            return run.recorder.rows.map(({ id, timeMs, watermarkMs }) => {
              const first = Math.floor(timeMs / 5) * 5 + 5;
              return `${id}: ${[first, first + 5].filter((end) => end - 1 > watermarkMs).join(' ')}`;
            });
          };
          const expected = await seen(1);
          expect(await seen(rowsMax)).toEqual(expected);
          expect(await seen(1000)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('with one row a batch, a row is late by its own shard alone', async () => {
    const { job, recorder } = prepare([[times(100, 30)], [times(20, 40)]], { rowsMax: 1, work: hopping });
    await job.run();
    // -- 20 and 40 are in time although the other shard is at 100; 30 is late since its own shard is
    expect(recorder.rows.map(({ timeMs, watermarkMs }) => [timeMs, watermarkMs])).toEqual([
      [100, Number.NEGATIVE_INFINITY],
      [20, Number.NEGATIVE_INFINITY],
      [40, 20],
      [30, 100],
    ]);
  });
});

describe('live input', () => {
  test('a shard without rows holds time back until the idle timeout, and joins in again', async () => {
    const run = prepare(
      [
        [times(10), { idleMs: 500 }, times(30)],
        [times(20), { idleMs: 100 }, times(50)],
      ],
      {
        bounded: false,
        idleTimeoutMs: 300,
      },
    );
    await drive(run, () => run.recorder.rows.length === 4);
    expect(run.recorder.log).toEqual([
      'rows 10',
      'rows 20',
      'watermark 10', // -- both
      'rows 50', // -- the second after 100 ms; the first holds time back
      'watermark 50', // -- after 300 ms the first is left out
      'rows 30', // -- it comes back behind the time: the watermark stays
    ]);
  });

  test('a shard goes on from its parents when all have ended, and time waits for it where the lower stood', async () => {
    //  0 ── 10 20 ┐
    //  1 ── 15 90 ┴─ 2 ── 21 95
    const shards = [[times(10, 20)], [times(15, 90)], [times(21, 95)]];
    const { job, recorder } = prepare(shards, { rowsMax: 1, parents: new Map([[2, [0, 1]]]) });
    const summary = await job.run();
    // -- a turn is longer than shard 0
    expect(recorder.rows.map(({ timeMs }) => timeMs)).toEqual([10, 20, 15, 90, 21, 95]);
    expect(recorder.rows.find(({ timeMs }) => timeMs === 21)?.watermarkMs).toBe(20);
    expect(summary).toMatchObject({ events: 6, shards: 3 });
  });

  test('the children of a split take over the time of their parent, and those that come later are read too', async () => {
    //  0 ── 10 ┬─ 1 ── 30
    //          └─ 2 ── 11 ─── 3 ── 12
    const shards = [[times(10)], [times(30)], [times(11)], [times(12)]];
    const parents = new Map([
      [1, [0]],
      [2, [0]],
      [3, [2]],
    ]);
    const { job, recorder } = prepare(shards, { rowsMax: 1, parents });
    expect(await job.run()).toMatchObject({ events: 4, shards: 4 });
    // Of equals the first: shard 1. No row is behind the time that was told before it.
    expect(recorder.rows.map(({ timeMs }) => timeMs)).toEqual([10, 30, 11, 12]);
    expect(recorder.rows.every(({ timeMs, watermarkMs }) => timeMs > watermarkMs)).toBe(true);
  });

  test('without an idle timeout a silent shard holds time back', async () => {
    const run = prepare([[times(10), { idleMs: 500 }, times(30)], [times(20)]], { bounded: false });
    await drive(run, () => run.recorder.rows.length === 3);
    expect(run.recorder.log).toEqual(['rows 10', 'rows 20', 'watermark 10', 'rows 30', 'watermark 20']);
  });

  test('a source that has something new wakes its job before the time that it was to wait', async () => {
    const { job, recorder, source, clock } = prepare([[times(10), { idleMs: 500 }, times(30)]], { bounded: false });
    const ended = job.run();
    while (clock.nextDueMs === null) await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.log).toEqual(['rows 10', 'watermark 10']);
    source.wake();
    while (recorder.rows.length < 2) await new Promise((resolve) => setImmediate(resolve));
    // -- the clock stands where it stood
    expect([clock.nowMs(), recorder.log.slice(2)]).toEqual([1000, ['rows 30', 'watermark 30']]);
    job.cancel();
    await ended;
  });

  test('a timer in processing time fires when the clock has come to it', async () => {
    const run = prepare([[times(10), { idleMs: 500 }, times(30)]], { bounded: false });
    run.recorder.processingTimerMs = 1250;
    await drive(run, () => run.recorder.rows.length === 2);
    expect(run.recorder.log).toEqual(['rows 10', 'watermark 10', 'clock 1250', 'rows 30', 'watermark 30']);
  });
});

describe('back pressure and ends', () => {
  test('nothing is read until the sink has taken what came before', async () => {
    const { job, recorder, sink } = prepare([[times(1), times(2), times(3)]]);
    const waiting: (() => void)[] = [];
    sink.writes = () => new Promise((resolve) => waiting.push(resolve));
    const done = job.run();
    for (let taken = 1; taken <= 3; taken++) {
      while (waiting.length === 0) await Promise.resolve();
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      expect(recorder.rows.length).toBe(taken);
      waiting.shift()?.();
    }
    await done;
  });

  test('a cancelled job stops after its batch, keeps what was sent and tells where it was', async () => {
    const { job, sink, recorder } = prepare([[times(1), times(2), times(3)]]);
    sink.writes = () => {
      if (recorder.rows.length === 2) job.cancel();
    };
    expect(await job.run()).toMatchObject({ outcome: 'cancelled', events: 2 });
    expect(sink.log).toEqual(['open', 'finish']);
    expect(recorder.closed).toBe(1);
  });

  test('a failing row is told with its place in the SQL and in its shard', async () => {
    const { job, recorder, sink } = prepare([[times(1), times(2, 3)]]);
    const source = new SourceText('query.sql', 'SELECT 1 / v FROM t');
    recorder.process = (batch) => {
      if (batch.rowCount === 2) throw new RowFailure('division by zero', { source, start: 7, end: 12 }, 1);
    };
    const error = await job.run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DiagnosticError);
    const [diagnostic] = (error as DiagnosticError).diagnostics;
    expect(diagnostic).toMatchObject({ code: 'F001', message: 'division by zero', span: { start: 7 } });
    expect(diagnostic?.notes.map(({ message }) => message)).toEqual(['at the row shard-0:3 (byte 300)', 'row 3']);
    expect(sink.log).toEqual(['open', 'abort']);
  });

  test('a sink that fails, at once or later, ends the job', async () => {
    for (const write of [
      () => {
        throw new Error('disk full');
      },
      () => Promise.reject(new Error('disk full')),
    ]) {
      const { job, sink } = prepare([[times(1), times(2)]]);
      sink.writes = write;
      await expect(job.run()).rejects.toThrow('disk full');
      expect(sink.log).toEqual(['open', 'abort']);
    }
  });

  test('a source that two sinks ask for is read once', async () => {
    const base = eventGraph();
    const [sink] = base.sinks;
    const [operator] = base.operators;
    if (sink === undefined || operator === undefined) throw new Error('no sink');
    const graph: PhysicalGraph = {
      ...base,
      operators: [operator, { ...operator, id: 'second' }],
      sinks: [sink, { ...sink, id: 'second-sink', input: 'second' }],
    };
    const source = new EventSource(memory, [[times(1, 2), times(3)]]);
    const [first, second] = [new Recorder(memory), new Recorder(memory)];
    const [a, b] = [new TestSink(), new TestSink()];
    await new Job({
      graph,
      memory,
      session,
      clock: new ManualClock(),
      sources: new Map([['source-0', source]]),
      lookups: new Map(),
      operators: new Map([
        ['operator', first],
        ['second', second],
      ]),
      sinks: new Map([
        ['sink', a],
        ['second-sink', b],
      ]),
      idleTimeoutMs: 0,
    }).run();
    expect(second.log).toEqual(first.log);
    expect([source.opened, a.rowCount, b.rowCount]).toEqual([1, 3, 3]);
  });

  test('a union takes rows as they come and the lowest watermark of its inputs', async () => {
    const graph = eventGraph({ kind: 'union' }, 2);
    const recorder = new Recorder(memory);
    await new Job({
      graph,
      memory,
      session,
      clock: new ManualClock(),
      lookups: new Map(),
      sources: new Map([
        ['source-0', new EventSource(memory, [[times(10), times(30)]])],
        ['source-1', new EventSource(memory, [[times(20)]])],
      ]),
      operators: new Map([['operator', recorder]]),
      sinks: new Map([['sink', new TestSink()]]),
      idleTimeoutMs: 0,
    }).run();
    expect(recorder.log).toEqual(['rows 10', 'rows 30', 'rows 20', 'watermark 20', 'watermark Infinity']);
  });
});
