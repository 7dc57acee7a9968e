import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { ColumnExpression } from '../../src/plan/expression.ts';
import { appendOnly, type WindowEmit } from '../../src/plan/logical.ts';
import { windowColumns } from '../../src/plan/nodes.ts';
import type { Column } from '../../src/types/column.ts';
import { BIGINT, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** The drawing in the header of UpdatedWindows, and what the clock does. */

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const memory = Memory.create();
const at: Column = { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' };
const input = [at, { name: 'key', type: STRING() }];
const output = [
  { name: 'key', type: STRING() },
  { name: 'n', type: BIGINT(false) },
  { name: 'window_start', type: TIMESTAMP(3, false) },
];
const time: ColumnExpression = { kind: 'column', index: 0, type: at.type, span };
const kinds = ['+I', '-U', '+U', '-D'];

function tumbling(emit: WindowEmit): PhysicalOperator {
  const window = { kind: 'tumble' as const, sizeMs: 10, offsetMs: 0 };
  const overload = count.overloads[0];
  if (overload === undefined) throw new Error('COUNT(*) is gone');
  const call = { name: 'COUNT', overload, args: [], distinct: false, filter: null, type: BIGINT(false), span };
  return {
    id: 'window-aggregate-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [
      { kind: 'watermark', timeColumn: 0, expression: time, span },
      { kind: 'window', window, timeColumn: 0, time: 'event', columnCount: 2, needsTime: true },
    ],
    stepSchema: [...input, ...windowColumns(at)],
    work: {
      kind: 'window-aggregate',
      window: { kind: 'attached', startColumn: 2, endColumn: 3, window, time: 'event' },
      keys: [1],
      aggregates: [call],
      windowColumns: ['start'],
      legacy: true,
      emit,
    },
    after: [],
    workSchema: output,
    schema: output,
    changes: { updateBefore: true, updateAfter: true, delete: false },
    marksWatermarks: false,
    span,
  };
}

class Steps {
  nowMs = 1000;
  readonly #run: OperatorRun;

  constructor(emit: WindowEmit) {
    this.#run = new OperatorRun(tumbling(emit), { memory, nowMs: () => this.nowMs });
  }

  /** What is sent when a row comes, with the watermark that it brings. */
  row(key: string, atMs: number): readonly string[] {
    return this.#sent(() => this.#run.rowsIn([[BigInt(atMs), key]]));
  }

  clock(nowMs: number): readonly string[] {
    this.nowMs = nowMs;
    return this.#sent(() => this.#run.clock(nowMs));
  }

  get timerMs(): number | null {
    return this.#run.operator.processingTimerMs ?? null;
  }

  get lateRows(): number {
    return this.#run.operator.metrics.lateRows;
  }

  end(): readonly string[] {
    return this.#sent(() => this.#run.end());
  }

  close(): void {
    this.#run.close();
  }

  #sent(step: () => void): readonly string[] {
    const first = this.#run.rows.length;
    step();
    return this.#run.rows
      .slice(first)
      .map(([kind, key, n, start]) => `${kinds[kind]} ${String(key)} ${String(start)}: ${String(n)}`);
  }
}

test('each row is sent at once, a late one too, and a window goes when no row may come any more', () => {
  const steps = new Steps({ earlyMs: 0, lateMs: 0, latenessMs: 20 });
  expect(steps.row('a', 1)).toEqual(['+I a 0: 1']);
  expect(steps.row('a', 9)).toEqual(['-U a 0: 1', '+U a 0: 2']);
  expect(steps.row('a', 12)).toEqual(['+I a 10: 1']);
  expect(steps.row('a', 3)).toEqual(['-U a 0: 2', '+U a 0: 3']);
  expect(steps.row('b', 29)).toEqual(['+I b 20: 1']);
  expect(steps.row('a', 4)).toEqual([]);
  expect(steps.lateRows).toBe(1);
  expect(steps.end()).toEqual([]);
  steps.close();
});

test('changes wait for the delay by the clock, from the first of them on', () => {
  const steps = new Steps({ earlyMs: 50, lateMs: 5, latenessMs: 20 });
  expect(steps.row('a', 1)).toEqual([]);
  expect(steps.timerMs).toBe(1050);
  expect(steps.clock(1020)).toEqual([]);
  expect(steps.row('a', 2)).toEqual([]);
  expect(steps.row('b', 2)).toEqual([]);
  expect(steps.timerMs).toBe(1050);
  expect(steps.clock(1050)).toEqual(['+I a 0: 2', '+I b 0: 1']);
  expect(steps.timerMs).toBeNull();
  expect(steps.row('a', 3)).toEqual([]);
  expect(steps.timerMs).toBe(1100);
  // The end of the window does not wait.
  expect(steps.row('c', 10)).toEqual(['-U a 0: 2', '+U a 0: 3']);
  expect(steps.timerMs).toBe(1100);
  expect(steps.clock(1100)).toEqual(['+I c 10: 1']);
  expect(steps.row('b', 4)).toEqual([]);
  expect(steps.clock(1105)).toEqual(['-U b 0: 1', '+U b 0: 2']);
  steps.close();
});

test('what still waits is sent when its window goes', () => {
  const steps = new Steps({ earlyMs: null, lateMs: 1000, latenessMs: 20 });
  expect(steps.row('a', 1)).toEqual([]);
  expect(steps.row('b', 12)).toEqual(['+I a 0: 1']);
  expect(steps.row('a', 2)).toEqual([]);
  expect(steps.row('b', 28)).toEqual(['+I b 10: 1']);
  expect(steps.row('b', 29)).toEqual(['-U a 0: 1', '+U a 0: 2', '+I b 20: 2']);
  steps.close();
});

test('closed windows give their memory to the next', () => {
  const steps = new Steps({ earlyMs: 0, lateMs: 0, latenessMs: 20 });
  let held = 0;
  for (let atMs = 1; atMs < 20_000; atMs += 7) {
    steps.row(`a key of some length, ${atMs % 5}`, atMs);
    if (atMs > 1000 && held === 0) held = memory.allocatedBytes;
  }
  expect(memory.allocatedBytes).toBeLessThan(held * 1.1);
  steps.close();
});
