import { type AggregateCode, noValues, type StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { patternsLayout, tableLayout } from '../memory/kernels.ts';
import type { AggregateCall, Expression } from '../plan/expression.ts';
import type { MatchReference } from '../plan/logical.ts';
import { columnsOfReference, isOfVariable, looksAtRowAlone } from '../plan/match-references.ts';
import type { Schema } from '../types/column.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { unreachable } from '../types/unreachable.ts';
import { type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import { AggregateState, type StorePart } from './aggregate-state.ts';
import { ComputedColumns, scaled } from './batch-scope.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';
import { loadParts, storeParts } from './memory-value.ts';
import { keyFields, StateLayout, stateAccess } from './state-layout.ts';

type ColumnReference = Extract<MatchReference, { readonly kind: 'column' }>;

/** An aggregate whose accumulator stands in each node, or one that is computed from the rows when it is asked for. */
type PlacedAggregate =
  | { readonly kind: 'kept'; readonly code: AggregateCode; readonly prefix: string }
  | { readonly kind: 'walked'; readonly state: AggregateState };

/** Where a reference is read: the match up to a node, and the time that it was complete. */
export interface MatchPlace {
  readonly node: Local<'i32'>;
  readonly time: I64;
}

/**
 * What is kept of a match while it grows, so that conditions and measures need not go back over its rows.
 *
 * A row (see kernels/pattern-layout.ts) holds the columns that some reference reads, texts behind them. A node holds, of each
 * set of variables that is asked for, the first row and the node of the last one, and the accumulators of aggregates;
 * each node has those of the one before it with its own row taken in. Aggregates that keep texts or collections are
 * computed from the rows.
 */
export class MatchState {
  readonly #references: readonly MatchReference[];
  readonly #schema: Schema;
  /** Columns of the input by their place in a row. */
  readonly #columns: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #row: StateLayout;
  readonly #node: StateLayout;
  readonly #aggregates: ReadonlyMap<MatchReference, PlacedAggregate>;
  readonly #lasts: ReadonlyMap<string, readonly number[]>;
  readonly #firsts: ReadonlyMap<string, readonly number[]>;
  /** Group stores of the walked aggregates, by their state: an address each. */
  readonly #stores = new Map<AggregateState, number>();

  constructor(references: readonly MatchReference[], schema: Schema) {
    this.#references = references;
    this.#schema = schema;
    this.#columns = [...new Set(references.flatMap((reference) => columnsOfReference(reference)))].sort(
      (a, b) => a - b,
    );
    // A row that is not there is one of NULLs.
    this.#types = this.#columns.map((column) => withNullable(this.#typeOf(column), true));
    this.#row = new StateLayout(keyFields(this.#types));
    this.#aggregates = new Map(references.flatMap((reference, at) => placed(reference, at)));
    const asked = references.filter((reference) => reference.kind === 'column');
    this.#lasts = slots(asked.filter(({ from }) => from === 'last'));
    this.#firsts = slots(asked.filter(({ from, offset }) => from === 'first' && offset === 0));
    this.#node = new StateLayout([
      ...[...this.#lasts.keys()].map((name): StateField => ({ name: `last ${name}`, physical: 'i32' })),
      ...[...this.#firsts.keys()].map((name): StateField => ({ name: `first ${name}`, physical: 'i32' })),
      ...[...this.#aggregates.values()].flatMap((aggregate) =>
        aggregate.kind === 'walked'
          ? []
          : aggregate.code.state.map(({ name, physical }) => ({ name: aggregate.prefix + name, physical })),
      ),
    ]);
  }

  /** What is where in a row, and in a node. */
  get text(): string {
    return `${this.#row.text}; nodes of ${this.#node.text}`;
  }

  /** The room of a row's fixed part, and of what is kept in a node. */
  get rowBytes(): number {
    return this.#row.rowBytes;
  }

  get nodeBytes(): number {
    return this.#node.rowBytes;
  }

  /** What the group stores of the walked aggregates consist of. */
  get walked(): readonly { readonly state: AggregateState; readonly parts: readonly StorePart[] }[] {
    return [...this.#aggregates.values()].flatMap((aggregate) =>
      aggregate.kind === 'walked' ? [{ state: aggregate.state, parts: aggregate.state.storeParts }] : [],
    );
  }

  /** Says where the group store of a walked aggregate is; it has one row. */
  placeStore(state: AggregateState, store: number): void {
    this.#stores.set(state, store);
  }

  /** The fixed part of the row that is not there: NULLs. */
  absentRow(): Uint8Array {
    const bytes = new Uint8Array(patternsLayout.row.header + this.#row.rowBytes);
    for (const at of this.#columns.keys())
      bytes[patternsLayout.row.header + this.#row.field(`key${at}.null`).offset] = 1;
    return bytes;
  }

  /** Stores a row that comes: the address of one with its columns, texts behind them. */
  writeRow(
    writer: CodeWriter,
    matcher: I32,
    scope: RowScope,
    { partition, time }: { readonly partition: I32; readonly time: I64 },
  ): Local<'i32'> {
    const { f } = writer;
    const values = this.#columns.map((column) => scope.column(column));
    const texts = values.flatMap((value) => (value.physical === 'bytes' ? [this.#length(writer, value)] : []));
    const room = texts.reduce<I32>((sum, length) => i32.add(sum, length), i32.const(this.#row.rowBytes));
    const row = f.local('i32', writer.kernel('patternRow', 'i32', matcher, room, partition, time));
    const base = f.local('i32', i32.add(row, i32.const(patternsLayout.row.header)));
    const end = f.local('i32', i32.add(base, i32.const(this.#row.rowBytes)));
    for (const [at, value] of values.entries()) {
      const { physical, offset } = this.#row.field(`key${at}`);
      f.do(i32.store8(base, writer.isNull(value), { offset: this.#row.field(`key${at}.null`).offset }));
      if (physical !== 'bytes') {
        f.do(...storeParts(physical, base, value.parts, offset));
        continue;
      }
      const [address] = writer.bytes(value);
      const length = this.#length(writer, value);
      f.do(writer.kernel('copyBytes', 'void', end, address, length));
      f.do(...storeParts(physical, base, [end, length], offset));
      f.set(end, i32.add(end, length));
    }
    return row;
  }

  /** Of a text; 0 of NULL, whose parts may hold anything. */
  #length(writer: CodeWriter, value: Value): Local<'i32'> {
    const [, length] = writer.bytes(value);
    return value.isNull === null ? length : writer.f.local('i32', select(value.isNull, i32.const(0), length));
  }

  /** A stored row's columns, by their number in the input; row 0 is of NULLs. */
  rowScope(writer: CodeWriter, row: Local<'i32'>): RowScope {
    return new ComputedColumns(writer.f, (column) => this.#cell(writer, row, column, this.#typeOf(column)));
  }

  #cell(writer: CodeWriter, row: Local<'i32'>, column: number, type: SqlType): Value {
    const at = this.#columns.indexOf(column);
    const { physical, offset } = this.#row.field(`key${at}`);
    const { header } = patternsLayout.row;
    const isNull = type.nullable ? i32.load8U(row, { offset: header + this.#row.field(`key${at}.null`).offset }) : null;
    return writer.value(type, isNull, ...loadParts(physical, row, header + offset));
  }

  /** A row under a variable, behind a node (0: none). */
  writeNode(
    writer: CodeWriter,
    matcher: I32,
    previous: I32,
    { row, variable }: { readonly row: Local<'i32'>; readonly variable: number },
  ): Local<'i32'> {
    const { f } = writer;
    const bytes = i32.const(this.#node.rowBytes);
    const node = f.local(
      'i32',
      writer.kernel('patternNode', 'i32', matcher, bytes, previous, row, i32.const(variable)),
    );
    const base = f.local('i32', i32.add(node, i32.const(patternsLayout.node.header)));
    for (const [name, variables] of this.#lasts) {
      if (!variables.includes(variable)) continue;
      f.do(i32.store(base, node, { offset: this.#node.field(`last ${name}`).offset }));
    }
    for (const [name, variables] of this.#firsts) {
      if (!variables.includes(variable)) continue;
      const { offset } = this.#node.field(`first ${name}`);
      const first = i32.load(base, { offset });
      f.do(i32.store(base, select(first, first, row), { offset }));
    }
    const scope = this.rowScope(writer, row);
    for (const [reference, aggregate] of this.#aggregates) {
      if (aggregate.kind === 'walked' || reference.kind !== 'aggregate') continue;
      if (reference.variables !== null && !reference.variables.includes(variable)) continue;
      this.#accumulate(writer, aggregate, reference.call, base, scope);
    }
    return node;
  }

  #accumulate(
    writer: CodeWriter,
    { code, prefix }: Extract<PlacedAggregate, { readonly kind: 'kept' }>,
    call: AggregateCall,
    base: Local<'i32'>,
    scope: RowScope,
  ): void {
    const { f } = writer;
    f.block((skip) => {
      const args = call.args.map((arg) => writer.write(arg, scope));
      if (code.seesNulls !== true) for (const { isNull } of args) if (isNull !== null) f.brIf(skip, isNull);
      const values =
        code.seesNulls === true
          ? args
          : args.map((arg) => ({ ...arg, isNull: null, type: withNullable(arg.type, false) }));
      code.accumulate(writer, this.#accumulator(writer, base, prefix), values, noValues);
    });
  }

  #accumulator(writer: CodeWriter, base: Local<'i32'>, prefix: string) {
    return stateAccess(writer, this.#node, { table: base, row: base, prefix });
  }

  /** What the references are of a match up to a node. */
  scope(writer: CodeWriter, place: MatchPlace, matcher: I32): RowScope {
    return new ComputedColumns(writer.f, (index) => {
      const reference = this.#reference(index);
      switch (reference.kind) {
        case 'column':
          return this.#cell(writer, this.#writeFind(writer, place.node, reference), reference.column, reference.type);
        case 'aggregate':
          return this.#aggregate(writer, place.node, reference, matcher);
        case 'time':
          return writer.value(reference.type, null, place.time);
        default:
          return unreachable(reference);
      }
    });
  }

  /** What the references of a condition that `needsRowOnly` are. */
  scopeOfRow(writer: CodeWriter, row: Local<'i32'>, time: I64): RowScope {
    return new ComputedColumns(writer.f, (index) => {
      const reference = this.#reference(index);
      if (reference.kind === 'time') return writer.value(reference.type, null, time);
      if (reference.kind !== 'column') throw new Error('an aggregate needs the match');
      return this.#cell(writer, row, reference.column, reference.type);
    });
  }

  /** Whether the condition of a variable looks at the row alone that it is about. */
  needsRowOnly(condition: Expression, variable: number): boolean {
    return looksAtRowAlone(condition, variable, this.#references);
  }

  /**
   * What the references of a variable's condition are of matches that go on together: what the last row of all of them
   * and the one at hand say (see plan/pattern-sharing.ts).
   */
  scopeOfLink(
    writer: CodeWriter,
    { row, link, variable }: { readonly row: Local<'i32'>; readonly link: Local<'i32'>; readonly variable: number },
    time: I64,
  ): RowScope {
    return new ComputedColumns(writer.f, (index) => {
      const reference = this.#reference(index);
      if (reference.kind === 'time') return writer.value(reference.type, null, time);
      if (reference.kind !== 'column') throw new Error('an aggregate needs the match');
      const found = this.#writeShared(writer, reference, isOfVariable(reference, variable) ? row : null, link);
      return this.#cell(writer, found, reference.column, reference.type);
    });
  }

  /** Of the row at hand (null where the reference is not of its variable) and the one before it. */
  #writeShared(
    writer: CodeWriter,
    { variables, from, offset }: ColumnReference,
    own: Local<'i32'> | null,
    link: Local<'i32'>,
  ): Local<'i32'> {
    const { f } = writer;
    const isLast = from === 'last';
    const found = f.local('i32', writer.constant(this.absentRow()));
    if (own !== null && offset === 0) f.set(found, own);
    if (own !== null && isLast && offset === 0) return found;
    const { row, variable } = patternsLayout.link;
    const bit = i64.shrU(i64.const(variableMask(variables)), i64.extendI32U(i32.load(link, { offset: variable })));
    f.if(link, () => {
      f.if(i32.wrapI64(i64.and(bit, i64.const(1n))), () => {
        const before = i32.load(link, { offset: row });
        if (offset === (own !== null && isLast ? 1 : 0)) f.set(found, before);
        else if (own !== null && !isLast && offset === 1) f.set(found, own);
      });
    });
    return found;
  }

  /** The nodes of a match that has gone on with others, from its start; gives the last, which is in hand. */
  writeNodes(writer: CodeWriter, matcher: Local<'i32'>, start: Local<'i32'>, variableCount: number): Local<'i32'> {
    const { f } = writer;
    const { row: rowAt, variable: variableAt, next } = patternsLayout.link;
    const node = f.local('i32', i32.const(0));
    const link = f.local('i32', i32.load(start));
    f.while(link, () => {
      const row = f.local('i32', i32.load(link, { offset: rowAt }));
      const of = f.local('i32', i32.load(link, { offset: variableAt }));
      const made = f.local('i32', i32.const(0));
      for (let variable = 0; variable < variableCount; variable++) {
        f.if(i32.eq(of, i32.const(variable)), () => {
          f.set(made, this.writeNode(writer, matcher, node, { row, variable }));
        });
      }
      f.do(writer.kernel('patternRelease', 'void', matcher, node));
      f.set(node, made);
      this.writeInHand(writer, matcher, node);
      f.set(link, i32.load(link, { offset: next }));
    });
    return node;
  }

  /** Where a node is found that a row which fails leaves behind: there are no candidates then. */
  writeInHand(writer: CodeWriter, matcher: Local<'i32'>, node: I32): void {
    writer.f.do(i32.store(i32.load(matcher, { offset: patternsLayout.candidates }), node));
  }

  #reference(index: number): MatchReference {
    const reference = this.#references[index];
    if (reference === undefined) throw new Error(`no reference ${index} among ${this.#references.length}`);
    return reference;
  }

  /** The row that a reference names; the row of NULLs where there is none. */
  #writeFind(writer: CodeWriter, node: Local<'i32'>, reference: ColumnReference): Local<'i32'> {
    const { f } = writer;
    const absent = writer.constant(this.absentRow());
    const row = f.local('i32', i32.const(0));
    if (reference.from === 'last') {
      const found = this.#writeLast(writer, node, reference);
      f.if(found, () => f.set(row, i32.load(found, { offset: patternsLayout.node.row })));
    } else if (reference.variables === null && reference.offset === 0) {
      f.set(row, i32.load(node, { offset: patternsLayout.node.first }));
    } else if (reference.offset === 0) {
      const { offset } = this.#node.field(`first ${reference.variables?.join()}`);
      f.set(row, i32.load(node, { offset: patternsLayout.node.header + offset }));
    } else {
      const mask = i64.const(variableMask(reference.variables));
      f.set(row, writer.kernel('patternNth', 'i32', node, mask, i32.const(reference.offset)));
    }
    f.set(row, select(row, row, absent));
    return row;
  }

  /** The node of the last row of some variables, or of one so many before it; 0 where there is none. */
  #writeLast(writer: CodeWriter, from: Local<'i32'>, { variables, offset }: ColumnReference): Local<'i32'> {
    const { f } = writer;
    const node = f.local('i32', from);
    const { previous, header } = patternsLayout.node;
    const toLast = (): void => {
      if (variables === null) return;
      const slot = header + this.#node.field(`last ${variables.join()}`).offset;
      f.if(node, () => f.set(node, i32.load(node, { offset: slot })));
    };
    const back = (): void => {
      f.if(node, () => f.set(node, i32.load(node, { offset: previous })));
      toLast();
    };
    toLast();
    if (offset === 1) back();
    else if (offset > 1) {
      const left = f.local('i32', i32.const(offset));
      f.while(left, () => {
        back();
        f.set(left, i32.sub(left, i32.const(1)));
      });
    }
    return node;
  }

  #aggregate(
    writer: CodeWriter,
    node: Local<'i32'>,
    reference: Extract<MatchReference, { readonly kind: 'aggregate' }>,
    matcher: I32,
  ): Value {
    const { f } = writer;
    const aggregate = this.#aggregates.get(reference);
    if (aggregate === undefined) throw new Error('an aggregate has its place');
    if (aggregate.kind === 'kept') {
      const base = f.local('i32', i32.add(node, i32.const(patternsLayout.node.header)));
      return aggregate.code.result(writer, this.#accumulator(writer, base, aggregate.prefix), noValues);
    }
    const { state } = aggregate;
    const store = f.local('i32', i32.const(this.#stores.get(state) ?? 0));
    const table = f.local('i32', i32.load(store));
    const group = { store, table, row: f.local('i32', i32.load(table, { offset: tableLayout.rows })) };
    state.reset(writer, group);
    const mask = i64.const(variableMask(reference.variables));
    const count = f.local('i32', writer.kernel('patternRows', 'i32', matcher, node, mask));
    const path = f.local('i32', i32.load(matcher, { offset: patternsLayout.path }));
    const at = f.local('i32', i32.const(0));
    f.while(i32.ltU(at, count), () => {
      const row = f.local('i32', i32.load(i32.add(path, scaled(at, 4))));
      state.update(writer, group, this.rowScope(writer, row), i32.const(0));
      f.set(at, i32.add(at, i32.const(1)));
    });
    return state.result(writer, group, 0);
  }

  #typeOf(column: number): SqlType {
    const found = this.#schema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }
}

/** Variables as bits; all for null. */
export function variableMask(variables: readonly number[] | null): bigint {
  if (variables === null) return -1n;
  return BigInt.asIntN(
    64,
    variables.reduce((mask, variable) => mask | (1n << BigInt(variable)), 0n),
  );
}

function placed(reference: MatchReference, at: number): readonly (readonly [MatchReference, PlacedAggregate])[] {
  if (reference.kind !== 'aggregate') return [];
  // There may be no row to aggregate: then what cannot be NULL of a row is.
  const args = reference.call.args.map((arg) => ({ ...arg, type: withNullable(arg.type, true) }));
  const call = { ...reference.call, args };
  const code = call.overload.code(
    call.args.map(({ type }) => type),
    call.type,
  );
  const isOfFixedWidth = code.keeps === undefined && code.state.every(({ physical }) => physical !== 'bytes');
  if (!isOfFixedWidth)
    return [[reference, { kind: 'walked', state: new AggregateState([], [call], { updating: false }) }]];
  return [[reference, { kind: 'kept', code, prefix: `a${at}.` }]];
}

/** One a set of variables. */
function slots(references: readonly ColumnReference[]): ReadonlyMap<string, readonly number[]> {
  return new Map(references.flatMap(({ variables }) => (variables === null ? [] : [[variables.join(), variables]])));
}
