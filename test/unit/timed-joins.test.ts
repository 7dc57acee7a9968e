import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { ColumnExpression } from '../../src/plan/expression.ts';
import { allChanges, appendOnly, type Changes, type JoinMethod, type JoinType } from '../../src/plan/logical.ts';
import { joinSchema } from '../../src/plan/nodes.ts';
import type { Schema } from '../../src/types/column.ts';
import { STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** The drawings in the headers of the joins of time, run step by step. */

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const memory = Memory.create();

/** A key, a text, a time; for a join of windows the time is the window's end. */
const side = (time: string): Schema => [
  { name: 'key', type: STRING() },
  { name: 'text', type: STRING() },
  { name: time, type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
];
const [left, right] = [side('a'), side('b')];

function column(index: number): ColumnExpression {
  return { kind: 'column', index, type: left[index]?.type ?? STRING(), span };
}

function joined(type: JoinType, method: JoinMethod, keys: readonly number[] = [0]): PhysicalOperator {
  const schema = joinSchema(left, right, type);
  const changes: Changes = method.kind === 'temporal' ? allChanges : appendOnly;
  return {
    id: 'join-1',
    inputs: ['source-1', 'source-2'],
    inputSchema: left,
    inputChanges: changes,
    steps: [],
    stepSchema: left,
    right: { inputSchema: right, inputChanges: changes, steps: [], stepSchema: right },
    work: {
      kind: 'join',
      type,
      keys: keys.map((index) => ({ left: column(index), right: column(index), nullsMeet: false })),
      condition: null,
      method,
      uniqueKeys: { left: null, right: null },
    },
    after: [],
    workSchema: schema,
    schema,
    changes,
    marksWatermarks: false,
    span,
  };
}

/** `a1 b3`: the texts and times of the sides, `-` for one that is padded. */
function shown(rows: readonly (readonly CellValue[])[]): readonly string[] {
  return rows.map(([, , text, at, , otherText, otherAt]) => {
    const one = (name: CellValue | undefined, time: CellValue | undefined): string =>
      name === null || name === undefined ? '-' : `${String(name)}@${String(time)}`;
    return `${one(text, at)} ${one(otherText, otherAt)}`;
  });
}

class Steps {
  readonly run: OperatorRun;

  constructor(node: PhysicalOperator) {
    this.run = new OperatorRun(node, { memory });
  }

  left(key: string, text: string, at: bigint, kind = 0): readonly string[] {
    return this.#sent(() => this.run.rowsIn([[key, text, at]], [kind], 0));
  }

  right(key: string, text: string, at: bigint, kind = 0): readonly string[] {
    return this.#sent(() => this.run.rowsIn([[key, text, at]], [kind], 1));
  }

  watermark(ms: number): readonly string[] {
    return this.#sent(() => this.run.watermark(ms));
  }

  close(): void {
    this.run.close();
  }

  #sent(step: () => void): readonly string[] {
    const count = this.run.rows.length;
    step();
    return shown(this.run.rows.slice(count));
  }
}

describe('an interval join', () => {
  const method: JoinMethod = { kind: 'interval', time: 'event', leftTime: 2, rightTime: 2, lowerMs: -5, upperMs: 0 };

  test('sends a pair at its second row, and a row without partner when its time has passed', () => {
    const steps = new Steps(joined('left', method));
    expect(steps.left('k', 'a', 1n)).toEqual([]);
    expect(steps.right('k', 'b', 3n)).toEqual(['a@1 b@3']);
    expect(steps.left('other', 'a', 2n)).toEqual([]);
    expect(steps.watermark(7)).toEqual([]);
    expect(steps.watermark(8)).toEqual(['a@2 -']);
    expect(steps.watermark(Number.POSITIVE_INFINITY)).toEqual([]);
    steps.close();
  });

  test('its watermark stays behind the rows that are held', () => {
    const steps = new Steps(joined('left', method));
    steps.left('k', 'a', 2n);
    expect(steps.watermark(7)).toEqual([]);
    // The row is sent behind this, and must not be late there.
    expect(7 - (steps.run.operator.watermarkDelayMs ?? 0)).toBeLessThan(2);
    expect(steps.watermark(8)).toEqual(['a@2 -']);
    steps.close();
  });

  test('a row stays, or does not, whenever the watermark came', () => {
    const before = new Steps(joined('inner', method));
    before.watermark(7);
    before.left('k', 'a', 2n);
    expect(before.right('k', 'b', 7n)).toEqual(['a@2 b@7']);
    before.watermark(8);
    before.left('k', 'c', 2n);
    expect(before.right('k', 'd', 7n)).toEqual([]);
    before.close();
    const after = new Steps(joined('inner', method));
    after.left('k', 'a', 2n);
    after.watermark(7);
    expect(after.right('k', 'b', 7n)).toEqual(['a@2 b@7']);
    after.watermark(8);
    expect(after.right('k', 'd', 7n)).toEqual([]);
    after.close();
  });

  test('a row goes when no partner can come any more, and its memory is used again', () => {
    const steps = new Steps(joined('inner', method));
    let held = 0;
    for (let at = 1; at < 20_000; at++) {
      steps.left(`key ${at}, which is longer than eight bytes`, 'some text of the row', BigInt(at * 3));
      steps.right('nobody', 'a text', BigInt(at * 3));
      steps.watermark(at * 3);
      if (at === 100) held = steps.run.operator.stateSize.bytes;
    }
    expect(steps.run.operator.stateSize.bytes).toBeLessThan(held * 2);
    steps.close();
  });
});

describe('an interval join by processing time', () => {
  test('rows meet that come near enough to each other; the clock sends what is alone, the end does not', () => {
    let nowMs = 100;
    const node = joined('full', {
      kind: 'interval',
      time: 'processing',
      leftTime: 2,
      rightTime: 2,
      lowerMs: -5,
      upperMs: 0,
    });
    const run = new OperatorRun(node, { memory, nowMs: () => nowMs });
    const sent = (step: () => void): readonly string[] => {
      const count = run.rows.length;
      step();
      return shown(run.rows.slice(count));
    };
    // The times in the rows do not count.
    sent(() => run.rowsIn([['k', 'a', 1n]]));
    nowMs = 105;
    expect(sent(() => run.rowsIn([['k', 'b', 900n]], undefined, 1))).toEqual(['a@1 b@900']);
    expect(sent(() => run.clock(105))).toEqual([]);
    nowMs = 106;
    expect(sent(() => run.rowsIn([['k', 'late', 2n]], undefined, 1))).toEqual(['- late@2']);
    expect(sent(() => run.rowsIn([['k', 'c', 3n]]))).toEqual([]);
    expect(run.operator.processingTimerMs).toBe(106);
    expect(sent(() => run.clock(112))).toEqual(['c@3 -']);
    expect(sent(() => run.rowsIn([['k', 'd', 4n]]))).toEqual([]);
    expect(sent(() => run.end())).toEqual([]);
    run.close();
  });
});

describe('a join of windows', () => {
  const method: JoinMethod = {
    kind: 'window',
    window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
    leftEnd: 2,
    rightEnd: 2,
    isLocal: false,
  };

  test('sends the pairs of a window when the watermark passes its end, then what met nothing', () => {
    const steps = new Steps(joined('left', method, [0, 2]));
    steps.left('1', 'a', 10n);
    steps.left('2', 'b', 10n);
    steps.right('1', 'x', 10n);
    steps.left('1', 'c', 20n);
    expect(steps.right('1', 'y', 10n)).toEqual([]);
    expect(steps.watermark(8)).toEqual([]);
    expect(steps.watermark(9)).toEqual(['a@10 x@10', 'a@10 y@10', 'b@10 -']);
    expect(steps.right('1', 'late', 10n)).toEqual([]);
    expect(steps.run.operator.metrics.lateRows).toBe(1);
    expect(steps.watermark(Number.POSITIVE_INFINITY)).toEqual(['c@20 -']);
    steps.close();
  });
});

describe('a temporal join', () => {
  const method: JoinMethod = { kind: 'temporal', leftTime: 2, rightTime: 2 };

  test('sends a left row with the version of its time when the watermark has come there', () => {
    const steps = new Steps(joined('inner', method));
    steps.left('k', 'o', 4n);
    steps.right('k', 'r', 2n);
    steps.left('k', 'o', 9n);
    steps.right('k', 'r', 5n);
    expect(steps.watermark(3)).toEqual([]);
    expect(steps.watermark(9)).toEqual(['o@4 r@2', 'o@9 r@5']);
    // Late: the version of that time is not in force any more.
    steps.left('k', 'o', 3n);
    expect(steps.watermark(10)).toEqual([]);
    steps.close();
  });

  test('a version that ends leaves its key without one, a new row at its time replaces it', () => {
    const steps = new Steps(joined('left', method));
    steps.right('k', 'old', 1n);
    steps.right('k', 'new', 1n);
    steps.right('k', 'gone', 5n, 3);
    steps.right('k', 'ignored', 5n, 1);
    steps.left('k', 'o', 1n);
    steps.left('k', 'p', 6n);
    expect(steps.watermark(6)).toEqual(['o@1 new@1', 'p@6 -']);
    steps.close();
  });
});

test('closing gives all memory back, however much was kept', () => {
  const methods: readonly JoinMethod[] = [
    { kind: 'interval', time: 'event', leftTime: 2, rightTime: 2, lowerMs: -5, upperMs: 5 },
    {
      kind: 'window',
      window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
      leftEnd: 2,
      rightEnd: 2,
      isLocal: false,
    },
    { kind: 'temporal', leftTime: 2, rightTime: 2 },
  ];
  for (const method of methods) {
    const left = (rowCount: number): bigint => {
      const before = memory.kernels.allocatedBytes();
      const run = new OperatorRun(joined('left', method), { memory });
      for (let at = 0; at <= rowCount; at++) {
        run.rowsIn([[`a key of some length ${at % 7}`, 'a text', BigInt(at)]], undefined, at % 2);
        if (at % 50 === 0) run.watermark(at - 20);
      }
      run.close();
      return memory.kernels.allocatedBytes() - before;
    };
    // What the run itself keeps is its session.
    expect(left(1000)).toBe(left(0));
  }
});
