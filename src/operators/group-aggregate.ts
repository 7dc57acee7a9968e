import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { ChangedGroups } from '../codegen/changed-groups.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import {
  openTable,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
} from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { sameValues } from '../codegen/same-value.ts';
import { rowNumber } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import { type Batch, changeKind } from '../memory/batch.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, type Compiled, CompiledOperator } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';

type AggregateWork = Extract<Work, { readonly kind: 'aggregate' }>;

/** u32 the number of the batch; then the list of the groups that it came to. */
const cells = { batch: baseCells.bytes, changed: baseCells.bytes + 8, bytes: baseCells.bytes + 16 } as const;

/**
 * GROUP BY without a window: the result of each key, kept up to date.
 *
 * Input: any changes. Output, once for each key and batch, in the order in which the batch came to the keys: +I for a new
 * key, -U and +U (or +U alone) where its result is another than before the batch, -D when its last row is taken back. A retraction of
 * an unknown key is ignored. Nothing is late here.
 * State: a row a key, for ever. Cost: O(1) per row, and per key of the batch.
 *
 * ```
 * SUM(v) BY k      rows   a1     a2  b5  a3                     batches of 1 and 3 rows
 *                  sent   +I a1  -U a1 +U a6 +I b5
 * ```
 */
export class GroupAggregate extends CompiledOperator {
  readonly #work: AggregateWork;
  readonly #state: AggregateState;
  readonly #stores: GroupStores;
  readonly #store: number;
  readonly #changed: ChangedGroups;

  /** @throws DiagnosticError W004 for an aggregate that cannot take rows back, over an updating input */
  constructor(node: PhysicalOperator, work: AggregateWork, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    this.#state = new AggregateState(
      work.keys.map((key) => this.#type(key)),
      work.aggregates,
      { updating, extra: [{ name: 'batch', physical: 'i32' }] },
    );
    this.#stores = new GroupStores(context.memory, this.#state.storeParts);
    this.#store = this.#stores.take();
    this.#changed = new ChangedGroups(
      work.aggregates.map(({ type }) => type),
      this.cells + cells.changed,
    );
  }

  override close(): void {
    this.#stores.give(this.#store);
    this.#stores.close();
    super.close();
  }

  override process(batch: Batch, out: Output): void {
    // Never 0: a new row has 0.
    const { u32 } = this.context.memory;
    const at = (this.cells + cells.batch) >>> 2;
    u32[at] = ((u32[at] ?? 0) % 0xffff_ffff) + 1;
    super.process(batch, out);
  }

  protected override afterRows(compiled: Compiled): void {
    this.call(compiled, 'send');
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  protected override end(): PipelineEnd<Group> {
    return {
      open: (writer) => {
        const cursor = tableCursor(writer);
        const store = writer.f.local('i32', i32.const(this.#store));
        openTable(writer, cursor, i32.load(store));
        return { cursor, store, batch: writer.f.local('i32', i32.load(i32.const(this.cells + cells.batch))) };
      },
      row: (writer, row, group) => this.#writeRow(writer, row, group),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { cursor, store, batch }: Group): void {
    const { f } = writer;
    const { layout } = this.#state;
    const keys = this.#work.keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    const hash = writeHash(writer, keys);
    const isNew = f.local('i32', i32.const(0));
    const groupRow = f.local('i32', i32.const(0));
    const findOrAdd = (): void =>
      f.set(
        groupRow,
        writeFindOrAdd(writer, cursor, layout, keys, hash, () => f.set(isNew, i32.const(1))),
      );
    const isRetraction = isAppendOnly(this.node.inputChanges) ? null : i32.and(row.kind, i32.const(1));
    if (isRetraction !== null) {
      f.if(
        isRetraction,
        () => {
          f.set(groupRow, writeFind(writer, cursor, layout, keys, hash));
          f.brIf(row.next, i32.eqz(groupRow));
          const empty = this.#state.isEmpty(groupRow);
          if (empty !== null) f.brIf(row.next, empty);
        },
        findOrAdd,
      );
    } else findOrAdd();
    const place = { store, table: cursor.table, row: groupRow };
    const seen = layout.field('batch').offset;
    f.if(i32.ne(i32.load(groupRow, { offset: seen }), batch), () => {
      f.do(i32.store(groupRow, batch, { offset: seen }));
      const number = rowNumber(groupRow, cursor.rows, layout.rowBytes);
      this.#changed.add(writer, number, isNew, () => this.#results(writer, place));
    });
    this.#state.update(writer, place, row.scope, row.kind);
    const isEmpty = this.#state.isEmpty(groupRow);
    // What comes behind its last row begins anew, as if the key had never been there.
    if (isEmpty !== null) f.if(isEmpty, () => this.#state.reset(writer, place));
  }

  #results(writer: CodeWriter, place: GroupPlace): readonly Value[] {
    return this.#work.aggregates.map((_, at) => this.#state.result(writer, place, at));
  }

  /** `send()`: what the batch has changed. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function([], 'i32', 'send');
    const writer = new CodeWriter(module, f, this.node.span);
    const store = f.local('i32', i32.const(this.#store));
    const table = f.local('i32', i32.load(store));
    const row = f.local('i32');
    const count = output.open(writer);
    this.#changed.each(writer, ({ number, isNew, before }) => {
      f.set(row, i32.add(i32.load(table, { offset: tableLayout.rows }), scaled(number, this.#state.layout.rowBytes)));
      this.#writeChange(writer, { place: { store, table, row }, isNew, before }, count, output);
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  #writeChange(writer: CodeWriter, change: GroupChange, count: Local<'i32'>, output: OutputWriter): void {
    const { f } = writer;
    const { place, isNew, before } = change;
    const isEmpty = this.#state.isEmpty(place.row);
    const isGone = isEmpty === null ? null : f.local('i32', isEmpty);
    // The key of a group that is gone is shown when its room is another's already.
    const keys = this.#work.keys.map((_, at) => {
      const key = this.#state.key(writer, place.row, at);
      return isGone === null ? key : keptValue(writer, key);
    });
    const send = (kind: number, values: readonly Value[]): void =>
      f.block((next) => {
        // A result that is NOT NULL is read as such behind this.
        const shown = values.map((value, at) => withType(value, this.#work.aggregates[at]?.type ?? value.type));
        const row = [...keys, ...shown];
        const scope = { column: (index: number): Value => row[index] as Value };
        const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
        writeStepsAfter(writer, this.node.after, { scope, kind: i32.const(kind), watermark, next }, (_, sent) =>
          output.write(writer, count, sent),
        );
      });
    const sendResult = (): void => {
      const after = this.#results(writer, place);
      f.if(
        isNew,
        () => send(changeKind.insert, after),
        () => {
          // An equal result is not sent again.
          f.if(i32.eqz(sameValues(writer, before, after)), () => {
            if (this.node.changes.updateBefore) send(changeKind.updateBefore, before);
            send(changeKind.updateAfter, after);
          });
        },
      );
    };
    if (isGone === null) {
      sendResult();
      return;
    }
    f.if(
      isGone,
      () => {
        f.if(i32.eqz(isNew), () => send(changeKind.delete, before));
        this.#state.erase(writer, place);
      },
      sendResult,
    );
  }
}

interface Group {
  readonly cursor: TableCursor;
  readonly store: Local<'i32'>;
  /** The number of the batch. */
  readonly batch: Local<'i32'>;
}

interface GroupChange {
  readonly place: GroupPlace;
  readonly isNew: I32;
  /** The results before the batch. */
  readonly before: readonly Value[];
}
