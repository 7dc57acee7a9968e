import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { ColumnExpression } from '../../src/plan/expression.ts';
import { appendOnly, type LookupCache } from '../../src/plan/logical.ts';
import { joinSchema } from '../../src/plan/nodes.ts';
import type { Schema } from '../../src/types/column.ts';
import { STRING } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** The drawing in the header of LookupJoin, and what it keeps. */

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const memory = Memory.create();
const side: Schema = [
  { name: 'text', type: STRING() },
  { name: 'key', type: STRING() },
];
const key: ColumnExpression = { kind: 'column', index: 1, type: STRING(), span };

function lookup(cache: LookupCache | null): PhysicalOperator {
  const schema = joinSchema(side, side, 'left');
  return {
    id: 'join-1',
    inputs: ['source-1', 'lookup-1'],
    inputSchema: side,
    inputChanges: appendOnly,
    steps: [],
    stepSchema: side,
    right: { inputSchema: side, inputChanges: appendOnly, steps: [], stepSchema: side },
    work: {
      kind: 'join',
      type: 'left',
      keys: [{ left: key, right: key, nullsMeet: false }],
      condition: null,
      method: { kind: 'lookup', isWhole: false, cache, retry: null, capacity: 10, timeoutMs: 1000 },
      uniqueKeys: { left: null, right: null },
    },
    after: [],
    workSchema: schema,
    schema,
    changes: appendOnly,
    marksWatermarks: false,
    span,
  };
}

const forEver: LookupCache = { keysMax: null, afterWriteMs: null, afterAccessMs: null, keepsMissing: true };

class Steps {
  readonly run: OperatorRun;

  constructor(cache: LookupCache | null) {
    this.run = new OperatorRun(lookup(cache), { memory });
  }

  left(...rows: readonly (readonly [string, string | null])[]): readonly string[] {
    return this.#sent(() => this.run.rowsIn(rows, undefined, 0));
  }

  /** The keys that it waits for, and what is sent when these rows are their answers. */
  answer(...rows: readonly (readonly [string, string])[]): {
    readonly asked: unknown;
    readonly sent: readonly string[];
  } {
    const asked = this.run.operator.takeKeys?.()?.flat();
    const sent = this.#sent(() => {
      if (rows.length > 0) this.run.rowsIn(rows, undefined, 1);
      this.run.answered();
    });
    return { asked, sent };
  }

  #sent(step: () => void): readonly string[] {
    const first = this.run.rows.length;
    step();
    return this.run.rows.slice(first).map(([, left, , right]) => `${String(left)} ${String(right)}`);
  }
}

test('rows wait for their keys, in order; a cached key is not asked for again', () => {
  const steps = new Steps(forEver);
  expect(steps.left(['o1', 'a'])).toEqual([]);
  expect(steps.left(['o2', 'b'], ['o3', 'a'], ['o4', null])).toEqual([]);
  expect(steps.run.operator.isAsking).toBe(true);
  expect(steps.answer(['b1', 'b'], ['a1', 'a'], ['b2', 'b'], ['c1', 'c'])).toEqual({
    asked: ['a', 'b'],
    sent: ['o1 a1', 'o2 b1', 'o2 b2', 'o3 a1', 'o4 null'],
  });
  expect(steps.run.operator.isAsking).toBe(false);
  expect(steps.left(['o5', 'a'], ['o6', null])).toEqual(['o5 a1', 'o6 null']);
  expect(steps.run.operator.takeKeys?.()).toBeNull();
  // A known row behind one that waits waits too.
  expect(steps.left(['o7', 'c'], ['o8', 'b'])).toEqual([]);
  expect(steps.answer()).toEqual({ asked: ['c'], sent: ['o7 null', 'o8 b1', 'o8 b2'] });
  steps.run.close();
});

test('without a cache nothing is kept, with one as many keys as it says', () => {
  for (const [cache, rows] of [
    [null, 1],
    [{ ...forEver, keysMax: 10 }, 40],
  ] as const) {
    const steps = new Steps(cache);
    let held = 0;
    for (let at = 0; at < 5000; at++) {
      const name = `a key that is longer than eight bytes, ${at}`;
      steps.left([`row ${at}`, name]);
      expect(steps.answer([`found ${at}`, name]).sent).toEqual([`row ${at} found ${at}`]);
      if (at === rows) held = steps.run.operator.stateSize.bytes;
    }
    expect(held).toBeGreaterThan(0);
    expect(steps.run.operator.stateSize.bytes).toBeLessThan(held * 3);
    steps.run.close();
  }
});
