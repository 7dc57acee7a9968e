import { assignElement, assignField } from '../functions/scalar/nested-item.ts';
import type { Value } from '../functions/value.ts';
import { rowLayout } from '../memory/nested.ts';
import type { Step } from '../physical/graph.ts';
import { INT, type RowType, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { ComputedColumns } from './batch-scope.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';

type UnnestStep = Extract<Step, { readonly kind: 'unnest' }>;

/**
 * Writes the loop over the elements of a row's collection; `body` once for each, and for a row of an outer one that is
 * left without any. A branch to its label goes on to the next element.
 */
export function writeUnnest(
  writer: CodeWriter,
  step: UnnestStep,
  scope: RowScope,
  body: (scope: RowScope, next: Label) => void,
): void {
  const { f } = writer;
  const elements = openCollection(writer, writer.write(step.collection, scope));
  const { counts } = elements;
  const index = f.local('i32', i32.const(0));
  const ordinal = f.local('i32', i32.const(0));
  /** How often the element at hand has still to come: a multiset's come as often as they count. */
  const rest = f.local('i32', i32.const(0));
  const hasSent = f.local('i32', i32.const(step.isOuter ? 0 : 1));
  const isElement = i32.ltU(index, elements.count);
  f.while(i32.or(isElement, i32.eqz(hasSent)), () => {
    f.block((next) => {
      f.set(ordinal, i32.add(ordinal, i32.const(1)));
      const added = step.isOuter
        ? outerColumns(writer, step, elements, { index, ordinal, hasSent, isElement }, { scope, next })
        : elementScope(writer, step, elements, index, ordinal, next);
      body(
        behind(writer, scope, step.columnCount, (at) => added.column(at)),
        next,
      );
    });
    if (counts === null) f.set(index, i32.add(index, i32.const(1)));
    else {
      f.if(i32.eqz(rest), () => f.set(rest, countOf(writer, elements, counts, index)));
      f.set(rest, i32.sub(rest, i32.const(1)));
      f.if(i32.leS(rest, i32.const(0)), () => {
        f.set(rest, i32.const(0));
        f.set(index, i32.add(index, i32.const(1)));
      });
    }
  });
}

/** The arrays of a collection, and what their elements are. */
interface Elements {
  readonly array: Local<'i32'>;
  readonly type: SqlType;
  readonly count: Local<'i32'>;
  /** Of a map: its values. */
  readonly values: { readonly array: Local<'i32'>; readonly type: SqlType } | null;
  /** Of a multiset: how often each element comes. */
  readonly counts: Local<'i32'> | null;
}

/** NULL has no elements. */
function openCollection(writer: CodeWriter, collection: Value): Elements {
  const { f } = writer;
  const { type } = collection;
  const [address] = writer.bytes(collection);
  const array = f.local('i32', i32.const(0));
  const second = f.local('i32', i32.const(0));
  const count = f.local('i32', i32.const(0));
  f.if(i32.eqz(writer.isNull(collection)), () => {
    if (type.kind === 'ARRAY') f.set(array, address);
    else {
      f.set(array, writer.kernel('mapKeys', 'i32', address));
      f.set(second, writer.kernel('mapValues', 'i32', address));
    }
    f.set(count, writer.kernel('arrayCount', 'i32', array));
  });
  switch (type.kind) {
    case 'ARRAY':
      return { array, type: type.element, count, values: null, counts: null };
    case 'MULTISET':
      return { array, type: type.element, count, values: null, counts: second };
    case 'MAP':
      return { array, type: type.key, count, values: { array: second, type: type.value }, counts: null };
    default:
      throw new Error(`${type.kind} has no elements`);
  }
}

function countOf(writer: CodeWriter, { count }: Elements, counts: Local<'i32'>, index: Local<'i32'>): I32 {
  const value = writer.variable(INT(true));
  // Behind the last element stands the row that an outer join pads.
  writer.f.if(i32.ltU(index, count), () => assignElement(writer, value, counts, index));
  return writer.i32(value);
}

/** The added columns at an element, which is there; a row that is NULL goes on only where it is numbered. */
function elementScope(
  writer: CodeWriter,
  step: UnnestStep,
  elements: Elements,
  index: Local<'i32'>,
  ordinal: Local<'i32'>,
  next: Label,
): RowScope {
  const { type } = elements;
  const row = type.kind === 'ROW' ? elementRow(writer, type, elements, index) : null;
  if (row !== null && !step.withOrdinality) writer.f.brIf(next, writer.isNull(row.value));
  const ordinalAt = step.columns.length - (step.withOrdinality ? 1 : 0);
  return new ComputedColumns(writer.f, (at) => {
    if (at === ordinalAt) return writer.value(INT(false), null, ordinal);
    const wanted = step.columns[at];
    if (wanted === undefined) throw new Error(`no column ${at} of an element`);
    if (row !== null) return asDeclared(fieldOf(writer, row, at), wanted, step);
    const from = at === 0 ? elements : elements.values;
    if (from === null) throw new Error(`no column ${at} of an element`);
    const value = writer.variable(withNullable(from.type, true));
    assignElement(writer, value, from.array, index);
    return asDeclared(value, wanted, step);
  });
}

/** Without its NULL flag where the element's type has none; an outer column keeps it. */
function asDeclared(value: Value, type: SqlType, { isOuter }: UnnestStep): Value {
  return { ...value, type, isNull: type.nullable || isOuter ? value.isNull : null };
}

interface ElementRow {
  readonly type: RowType;
  readonly value: Value;
}

function elementRow(writer: CodeWriter, type: RowType, { array }: Elements, index: Local<'i32'>): ElementRow {
  const value = writer.variable(withNullable(type, true));
  assignElement(writer, value, array, index);
  return { type, value };
}

function fieldOf(writer: CodeWriter, { type, value }: ElementRow, at: number): Value {
  const field = type.fields[at];
  if (field === undefined) throw new Error(`no field ${at}`);
  const result = writer.variable(withNullable(field.type, true));
  const [address] = writer.bytes(value);
  writer.f.if(i32.eqz(writer.isNull(value)), () =>
    assignField(writer, result, address, { index: at, slotAt: rowLayout(type).slots[at] ?? 0 }),
  );
  return result;
}

/** The added columns of an outer one: those of the element, or, behind the last, NULLs. */
function outerColumns(
  writer: CodeWriter,
  step: UnnestStep,
  elements: Elements,
  at: {
    readonly index: Local<'i32'>;
    readonly ordinal: Local<'i32'>;
    readonly hasSent: Local<'i32'>;
    readonly isElement: I32;
  },
  row: { readonly scope: RowScope; readonly next: Label },
): RowScope {
  const { f } = writer;
  const columns = step.columns.map((type) => writer.variable(withNullable(type, true)));
  f.if(at.isElement, () => {
    const own = elementScope(writer, step, elements, at.index, at.ordinal, row.next);
    if (step.condition !== null) {
      const whole = behind(writer, row.scope, step.columnCount, (column) => own.column(column));
      f.brIf(row.next, i32.eqz(writer.isTrue(writer.write(step.condition, whole))));
    }
    for (const [column, variable] of columns.entries()) writer.assign(variable, own.column(column));
  });
  f.set(at.hasSent, i32.const(1));
  return {
    column: (column) => {
      const found = columns[column];
      if (found === undefined) throw new Error(`no column ${column} of an element`);
      return found;
    },
  };
}

/** The row's columns with others behind them. */
function behind(writer: CodeWriter, scope: RowScope, count: number, added: (at: number) => Value): RowScope {
  return new ComputedColumns(writer.f, (index) => (index < count ? scope.column(index) : added(index - count)));
}
