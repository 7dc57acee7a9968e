import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { scalarFunction } from '../../src/functions/registry.ts';
import { changeKind, changeKindText } from '../../src/memory/batch.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { Expression } from '../../src/plan/expression.ts';
import { allChanges, appendOnly, type JoinType, showsRight } from '../../src/plan/logical.ts';
import { joinSchema } from '../../src/plan/nodes.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, BOOLEAN, type SqlType, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** Regular joins against a model that follows Flink's operators change by change, over lists and with all pairs compared. */

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const schemas: readonly [Schema, Schema] = ['l', 'r'].map((side) => [
  { name: `${side}k`, type: STRING() },
  { name: `${side}v`, type: BIGINT() },
]) as unknown as [Schema, Schema];
const memory = Memory.create();

interface JoinSpec {
  readonly type: JoinType;
  /** Without it each row meets each. */
  readonly hasKey: boolean;
  readonly nullsMeet: boolean;
  /** The left value is less than the right one. */
  readonly isBounded: boolean;
  readonly changes: readonly [boolean, boolean];
  readonly ttlMs?: number;
}

function column(index: number, type: SqlType): Expression {
  return { kind: 'column', index, type, span };
}

function nodeOf(spec: JoinSpec): PhysicalOperator {
  const overload = scalarFunction('<')?.overloads[0];
  if (overload === undefined) throw new Error('there is no <');
  const bound: Expression = {
    kind: 'call',
    name: '<',
    overload,
    args: [column(1, BIGINT()), column(3, BIGINT())],
    type: BOOLEAN(),
    span,
  };
  const schema = joinSchema(schemas[0], schemas[1], spec.type);
  const [left, right] = schemas.map((side, at) => ({
    inputSchema: side,
    inputChanges: spec.changes[at] === true ? allChanges : appendOnly,
    steps: [],
    stepSchema: side,
  }));
  if (left === undefined || right === undefined) throw new Error('a join has two sides');
  const ttlMs = spec.ttlMs ?? 0;
  return {
    id: 'join-1',
    inputs: ['a', 'b'],
    ...left,
    right,
    work: {
      kind: 'join',
      type: spec.type,
      keys: spec.hasKey ? [{ left: column(0, STRING()), right: column(0, STRING()), nullsMeet: spec.nullsMeet }] : [],
      condition: spec.isBounded ? bound : null,
      method: { kind: 'regular', stateTtlMs: { left: ttlMs, right: ttlMs } },
      uniqueKeys: { left: null, right: null },
    },
    after: [],
    workSchema: schema,
    schema,
    changes: allChanges,
    marksWatermarks: false,
    span,
  };
}

type Cell = string | bigint | boolean | null;
type Row = readonly [key: string | null, value: bigint | null];

interface Change {
  readonly side: 0 | 1;
  readonly kind: number;
  readonly row: Row;
}

interface Stored {
  readonly row: Row;
  count: number;
  partners: number;
}

/** What Flink's join operators send, change by change (StreamingJoinOperator, StreamingSemiAntiJoinOperator). */
class JoinModel {
  readonly sent: string[] = [];
  readonly #spec: JoinSpec;
  readonly #stored: readonly [Stored[], Stored[]] = [[], []];

  constructor(spec: JoinSpec) {
    this.#spec = spec;
  }

  take({ side, kind, row }: Change): void {
    const { type } = this.#spec;
    const isRetraction = kind === changeKind.updateBefore || kind === changeKind.delete;
    const partners = this.#stored[1 - side]!.filter((other) =>
      side === 0 ? this.#meets(row, other.row) : this.#meets(other.row, row),
    );
    const found = partners.reduce((sum, { count }) => sum + count, 0);
    if (showsRight(type)) this.#pairs(side, kind, row, partners, isRetraction);
    else if (side === 0) {
      if (type === 'mark') this.#send(kind, [...row, found > 0]);
      else if (found > 0 === (type === 'semi')) this.#send(kind, row);
    } else this.#changed(kind, partners, isRetraction);
    this.#keep(side, row, found, isRetraction);
  }

  #meets([leftKey, leftValue]: Row, [rightKey, rightValue]: Row): boolean {
    const { hasKey, nullsMeet, isBounded } = this.#spec;
    if (hasKey && (leftKey !== rightKey || (leftKey === null && !nullsMeet))) return false;
    return !isBounded || (leftValue !== null && rightValue !== null && leftValue < rightValue);
  }

  #isOuter(side: 0 | 1): boolean {
    return this.#spec.type === 'full' || this.#spec.type === (side === 0 ? 'left' : 'right');
  }

  #pairs(side: 0 | 1, kind: number, row: Row, partners: readonly Stored[], isRetraction: boolean): void {
    const other = side === 0 ? 1 : 0;
    const [isOuter, isOtherOuter] = [this.#isOuter(side), this.#isOuter(other)];
    const pair = (a: readonly Cell[], b: readonly Cell[]): readonly Cell[] =>
      side === 0 ? [...a, ...b] : [...b, ...a];
    const nothing = [null, null];
    if (partners.length === 0) {
      if (isOuter) this.#send(isRetraction ? changeKind.delete : changeKind.insert, pair(row, nothing));
      return;
    }
    const padded = (with_: number, alone: number, by: number): void => {
      for (const partner of isOtherOuter ? partners : []) {
        if (partner.partners === alone)
          for (let n = 0; n < partner.count; n++) this.#send(with_, pair(nothing, partner.row));
        partner.partners += by;
      }
    };
    if (!isRetraction) padded(changeKind.delete, 0, 1);
    let pairKind = kind;
    if (!isRetraction && (isOuter || isOtherOuter)) pairKind = changeKind.insert;
    if (isRetraction && isOuter) pairKind = changeKind.delete;
    for (const partner of partners)
      for (let n = 0; n < partner.count; n++) this.#send(pairKind, pair(row, partner.row));
    if (isRetraction) padded(changeKind.insert, 1, -1);
  }

  #changed(kind: number, partners: readonly Stored[], isRetraction: boolean): void {
    const { type } = this.#spec;
    for (const partner of partners) {
      for (let n = 0; n < (partner.partners === (isRetraction ? 1 : 0) ? partner.count : 0); n++) {
        if (type === 'semi') this.#send(kind, partner.row);
        else if (type === 'anti') this.#send(isRetraction ? changeKind.insert : changeKind.delete, partner.row);
        else {
          this.#send(changeKind.delete, [...partner.row, isRetraction]);
          this.#send(changeKind.insert, [...partner.row, !isRetraction]);
        }
      }
      partner.partners += isRetraction ? -1 : 1;
    }
  }

  /** Equal rows of a side that changes are one, with a count. */
  #keep(side: 0 | 1, row: Row, partners: number, isRetraction: boolean): void {
    const stored = this.#stored[side];
    const at = this.#spec.changes[side] ? stored.findIndex((each) => textOf(each.row) === textOf(row)) : -1;
    const known = stored[at];
    if (known === undefined) {
      if (!isRetraction) stored.push({ row, count: 1, partners });
      return;
    }
    known.count += isRetraction ? -1 : 1;
    if (!isRetraction) known.partners = partners;
    if (known.count === 0) stored.splice(at, 1);
  }

  #send(kind: number, values: readonly Cell[]): void {
    this.sent.push(`${changeKindText[kind as 0]} ${textOf(values)}`);
  }
}

function textOf(values: readonly Cell[]): string {
  return values.map((value) => (value === null ? '-' : String(value))).join(' ');
}

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom('a', 'b', 'a key that is too long for a small room', null),
  fc.option(fc.bigInt({ min: 0n, max: 3n }), { nil: null }),
);

const specArbitrary: fc.Arbitrary<JoinSpec> = fc.record({
  type: fc.constantFrom<JoinType>('inner', 'left', 'right', 'full', 'semi', 'anti', 'mark'),
  hasKey: fc.constantFrom(true, true, true, false),
  nullsMeet: fc.boolean(),
  isBounded: fc.boolean(),
  changes: fc.tuple(fc.boolean(), fc.boolean()),
});

/** Rows of both sides that come, and now and then one of them that is taken back, where its side changes. */
function changesOf(
  spec: JoinSpec,
  steps: readonly (readonly [side: number, row: Row, takesBack: boolean, isUpdate: boolean, which: number])[],
): readonly Change[] {
  const present: readonly [Row[], Row[]] = [[], []];
  return steps.map(([at, row, takesBack, isUpdate, which]) => {
    const side = at === 0 ? 0 : 1;
    const rows = present[side];
    if (spec.changes[side] && takesBack && rows.length > 0) {
      const [gone] = rows.splice(which % rows.length, 1);
      return { side, kind: isUpdate ? changeKind.updateBefore : changeKind.delete, row: gone as Row };
    }
    rows.push(row);
    return { side, kind: spec.changes[side] && isUpdate ? changeKind.updateAfter : changeKind.insert, row };
  });
}

/** The changes that the operator sends; a batch has changes of one side, as many as the cuts allow. */
function sentBy(spec: JoinSpec, changes: readonly Change[], cuts: readonly number[]): readonly string[] {
  const run = new OperatorRun(nodeOf(spec), { memory, batchRows: 3 });
  try {
    let from = 0;
    for (let cut = 0; from < changes.length; cut++) {
      const side = changes[from]?.side ?? 0;
      const longest = changes.slice(from, from + (cuts[cut % cuts.length] ?? 1));
      const end = longest.findIndex((change) => change.side !== side);
      const batch = end < 0 ? longest : longest.slice(0, end);
      from += batch.length;
      const kinds = batch.map(({ kind }) => kind);
      run.rowsIn(
        batch.map(({ row }) => row),
        spec.changes[side] ? kinds : undefined,
        side,
      );
    }
    run.end();
    return run.rows.map(([kind, ...values]) => `${changeKindText[kind as 0]} ${textOf(values as readonly Cell[])}`);
  } finally {
    run.close();
  }
}

const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 400) / (process.env.TIDEMARK_FUZZ_RUNS ? 5 : 1);

test('a join sends what Flink sends, change by change, whatever the batches', () => {
  const held = memory.allocatedBytes;
  const step = fc.tuple(fc.nat(1), rowArbitrary, fc.boolean(), fc.boolean(), fc.nat(1000));
  fc.assert(
    fc.property(
      specArbitrary,
      fc.array(step, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      (spec, steps, cuts) => {
        const changes = changesOf(spec, steps);
        const model = new JoinModel(spec);
        for (const change of changes) model.take(change);
        expect(sentBy(spec, changes, cuts)).toEqual(model.sent);
      },
    ),
    { numRuns },
  );
  // The session's zone and the harness keep some; what a join has had is given back.
  expect(memory.allocatedBytes - held).toBeLessThan(numRuns * 4096);
});

const plain: JoinSpec = { type: 'left', hasKey: true, nullsMeet: false, isBounded: false, changes: [false, true] };

test('the drawing: a left join whose only partner goes', () => {
  const run = new OperatorRun(nodeOf(plain), { memory });
  const texts = (): readonly string[] =>
    run.rows.map(([kind, ...row]) => `${changeKindText[kind as 0]} ${textOf(row as readonly Cell[])}`);
  run.rowsIn([['k', 1n]], undefined, 0);
  expect(texts()).toEqual(['+I k 1 - -']);
  run.rowsIn([['k', 7n]], [changeKind.insert], 1);
  expect(texts().slice(1)).toEqual(['-D k 1 - -', '+I k 1 k 7']);
  run.rowsIn([['k', 2n]], undefined, 0);
  expect(texts().slice(3)).toEqual(['+I k 2 k 7']);
  run.rowsIn([['k', 7n]], [changeKind.delete], 1);
  expect(texts().slice(4)).toEqual(['-D k 1 k 7', '-D k 2 k 7', '+I k 1 - -', '+I k 2 - -']);
  run.close();
});

test('rows that come and go need no more memory than those that are there at a time', () => {
  const run = new OperatorRun(nodeOf({ ...plain, type: 'full', changes: [true, true] }), { memory, batchRows: 16 });
  const round = (from: number): void => {
    for (let index = from; index < from + 300; index++) {
      const row = [`key number ${index}`, BigInt(index)];
      for (const side of [0, 1]) run.rowsIn([row, row], [changeKind.insert, changeKind.insert], side);
      for (const side of [0, 1]) run.rowsIn([row, row], [changeKind.delete, changeKind.delete], side);
    }
  };
  round(0);
  const held = memory.allocatedBytes;
  for (let from = 300; from < 3000; from += 300) round(from);
  expect(memory.allocatedBytes).toBe(held);
  run.close();
});

test('a row that was not written for the state TTL meets nobody, and its room is given back', () => {
  let nowMs = 1000;
  const run = new OperatorRun(nodeOf({ ...plain, type: 'inner', changes: [false, false], ttlMs: 100 }), {
    memory,
    nowMs: () => nowMs,
  });
  run.rowsIn([['k', 1n]], undefined, 0);
  nowMs = 1099;
  run.rowsIn([['k', 7n]], undefined, 1);
  expect(run.rows.length).toBe(1);
  nowMs = 1100;
  run.rowsIn([['k', 8n]], undefined, 1);
  expect(run.rows.length).toBe(1);
  // The row of 1099 is there still.
  nowMs = 1198;
  run.rowsIn([['k', 2n]], undefined, 0);
  expect(run.rows.slice(1).map(([, , left, , right]) => [left, right])).toEqual([
    [2n, 7n],
    [2n, 8n],
  ]);
  const { operator } = run;
  expect(operator.processingTimerMs).toBe(1100);
  operator.onProcessingTime?.(5000, { batch: () => {} });
  expect(operator.processingTimerMs).toBe(null);
  run.close();
});
