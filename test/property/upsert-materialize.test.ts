import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { changeKind } from '../../src/memory/batch.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { allChanges } from '../../src/plan/logical.ts';
import { INT, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun, type OutputRow } from '../support/operators/run-operator.ts';

const memory = Memory.create();
const schema = [
  { name: 'k', type: STRING() },
  { name: 'v', type: INT() },
];
const span = { source: new SourceText('', ''), start: 0, end: 0 };
const changes = { ...allChanges, updateBefore: false };
const node: PhysicalOperator = {
  id: 'upsert-materialize-1',
  inputs: ['source'],
  inputSchema: schema,
  inputChanges: allChanges,
  steps: [],
  stepSchema: schema,
  work: { kind: 'upsert-materialize', keys: [0], stateTtlMs: 0 },
  after: [],
  workSchema: schema,
  schema,
  changes,
  marksWatermarks: false,
  span,
};

const { insert, updateBefore, updateAfter, delete: remove } = changeKind;
type Change = readonly [kind: number, k: string | null, v: number | null];

function sent(batches: readonly (readonly Change[])[]): readonly OutputRow[] {
  const run = new OperatorRun(node, { memory });
  for (const batch of batches) {
    run.rowsIn(
      batch.map(([, ...row]) => row),
      batch.map(([kind]) => kind),
    );
  }
  run.close();
  return run.rows;
}

describe('a sink gets the last row of a key', () => {
  test('of those that are there', () => {
    const rows = sent([
      [
        [insert, 'a', 1],
        [insert, 'a', 2],
        // Not the last: the sink need not know.
        [remove, 'a', 1],
        [insert, 'a', 3],
        // The last goes, and the one before it is the last again.
        [remove, 'a', 3],
        [remove, 'a', 2],
      ],
    ]);
    expect(rows).toEqual([
      [insert, 'a', 1],
      [updateAfter, 'a', 2],
      [updateAfter, 'a', 3],
      [updateAfter, 'a', 2],
      [remove, 'a', 2],
    ]);
  });

  test('whatever the changes, the batches and the NULLs', () => {
    const row = fc.tuple(fc.constantFrom('a', 'b', null), fc.constantFrom(1, 2, null));
    const step = fc.record({ row, back: fc.nat(9), isRetraction: fc.boolean(), isUpdate: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (steps, size) => {
        const there: (readonly [string | null, number | null])[] = [];
        const changesIn = steps.map(({ row: added, back, isRetraction, isUpdate }): Change => {
          const at = there.length - 1 - (back % Math.max(there.length, 1));
          if (!isRetraction || at < 0) {
            there.push(added);
            return [isUpdate ? updateAfter : insert, ...added];
          }
          // Of equal rows the one that came first goes.
          const [k, v] = there[at]!;
          there.splice(
            there.findIndex(([key, value]) => key === k && value === v),
            1,
          );
          return [isUpdate ? updateBefore : remove, k, v];
        });
        const batches = Array.from({ length: Math.ceil(changesIn.length / size) }, (_, at) =>
          changesIn.slice(at * size, (at + 1) * size),
        );
        const held = new Map<unknown, unknown>();
        for (const [kind, k, v] of sent(batches)) {
          expect(kind).toBe(held.has(k) ? (kind === remove ? remove : updateAfter) : insert);
          if (kind === remove) held.delete(k);
          else held.set(k, v);
        }
        expect(held).toEqual(new Map(there));
      }),
      { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 300) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1) },
    );
  });
});
