import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import {
  openTable,
  readKey,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
} from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { type ByteRange, writeSortKey } from '../codegen/sort-key.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { DiagnosticError, unsupported } from '../diagnostics/diagnostic.ts';
import { type Kernels, tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { isAppendOnly, type SortKey } from '../plan/logical.ts';
import { BIGINT, INT, type SqlType } from '../types/sql-type.ts';
import { i32, i64, type Local } from '../wasm/code.ts';
import { call } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';

/** What is ranked: partition, order and how many. */
export interface RankSettings {
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  readonly start: number;
  readonly end: number;
  readonly outputRank: boolean;
  /** Of rows that are equal in the order, the one that came later is first (the last row of a key). */
  readonly laterFirst: boolean;
  /** The column of the window's end, whose rows are late when it has closed; null without windows. */
  readonly windowEnd: number | null;
}

const cells = { sequence: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

/**
 * Rows of partitions in their order, for Top-N and deduplication.
 *
 * State: a table of partitions; a table of rows, keyed by all columns and how many equal rows came before; for each
 * partition an ordered map from (order, arrival) to the row. Cost: O(log n) a row, and O(N) for the ranks that move.
 * Over an append-only input only the first N rows of a partition are kept.
 */
export abstract class RankedRows extends CompiledOperator {
  protected readonly settings: RankSettings;
  readonly #layout: StateLayout;
  readonly #partitionLayout: StateLayout;
  readonly #types: readonly SqlType[];
  readonly #rows: number;
  readonly #partitions: number;
  /** Ordered maps by partition number. */
  protected readonly maps = new Map<number, number>();
  readonly #updating: boolean;

  constructor(node: PhysicalOperator, settings: RankSettings, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.settings = settings;
    this.#updating = !isAppendOnly(node.inputChanges);
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#layout = new StateLayout([...keyFields([...this.#types, INT(false)]), { name: 'seq', physical: 'i64' }]);
    this.#partitionLayout = new StateLayout(keyFields(settings.partition.map((at) => this.#type(at))));
    const { kernels } = context.memory;
    this.#rows = kernels.tableNew(this.#layout.rowBytes, 16) >>> 0;
    this.#partitions = kernels.tableNew(this.#partitionLayout.rowBytes, 16) >>> 0;
  }

  /** A row came (+1) or was taken back (-1); `position` counts from 1, and is 0 for one behind the ranks that matter. */
  protected abstract changed(
    partition: number,
    change: 1 | -1,
    rowNumber: number,
    position: number,
    windowEndMs: number,
  ): void;

  override close(): void {
    const { kernels } = this.context.memory;
    for (const map of this.maps.values()) kernels.orderedDrop(map);
    kernels.tableDrop(this.#rows);
    kernels.tableDrop(this.#partitions);
    super.close();
  }

  /** Row numbers at the first ranks of a partition. */
  protected first(partition: number, count: number): readonly number[] {
    const { kernels, u32 } = this.context.memory;
    const map = this.maps.get(partition);
    const rows: number[] = [];
    if (map === undefined) return rows;
    for (
      let entry = kernels.orderedFirst(map) >>> 0;
      entry !== 0 && rows.length < count;
      entry = kernels.orderedNext(entry) >>> 0
    ) {
      rows.push(u32[(kernels.orderedValue(entry) >>> 0) >> 2] ?? 0);
    }
    return rows;
  }

  /** Sends a stored row with its rank. */
  protected sendRow(kind: number, rowNumber: number, rank: number): void {
    this.call(this.anyCompiled(), 'emit', kind, rowNumber, BigInt(rank));
  }

  /** Forgets a partition and its rows. */
  protected drop(partition: number): void {
    const { kernels } = this.context.memory;
    for (const row of this.first(partition, Number.POSITIVE_INFINITY)) this.eraseRow(row);
    const map = this.maps.get(partition);
    if (map !== undefined) kernels.orderedDrop(map);
    this.maps.delete(partition);
    const base = this.context.memory.u32[(this.#partitions + tableLayout.rows) >> 2] ?? 0;
    kernels.tableErase(this.#partitions, base + partition * this.#partitionLayout.rowBytes);
  }

  protected eraseRow(rowNumber: number): void {
    const { kernels } = this.context.memory;
    kernels.tableErase(this.#rows, this.#rowAddress(rowNumber));
  }

  #rowAddress(rowNumber: number): number {
    return (this.context.memory.u32[(this.#rows + tableLayout.rows) >> 2] ?? 0) + rowNumber * this.#layout.rowBytes;
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  #change(
    change: 1 | -1,
    partition: number,
    rowNumber: number,
    key: number,
    keyLength: number,
    windowEndMs: number,
  ): void {
    const { memory } = this.context;
    const { kernels } = memory;
    let map = this.maps.get(partition);
    if (map === undefined) {
      map = kernels.orderedNew(8) >>> 0;
      this.maps.set(partition, map);
    }
    const value = (change > 0 ? kernels.orderedInsert(map, key, keyLength) : found(kernels, map, key, keyLength)) >>> 0;
    if (change > 0) memory.u32[value >> 2] = rowNumber;
    else if (value === 0) return;
    const position = this.#positionOf(map, value);
    if (change < 0) {
      kernels.orderedErase(map, key, keyLength);
      this.changed(partition, change, rowNumber, position, windowEndMs);
      this.eraseRow(rowNumber);
      return;
    }
    this.changed(partition, change, rowNumber, position, windowEndMs);
    if (!this.#updating && kernels.orderedCount(map) > this.settings.end) {
      // Nothing is taken back, so what fell behind the last rank never returns.
      const last = kernels.orderedLast(map) >>> 0;
      const behind = memory.u32[(kernels.orderedValue(last) >>> 0) >> 2] ?? 0;
      kernels.orderedEraseNode(map, last);
      this.eraseRow(behind);
    }
  }

  /** Counted up to the last rank. */
  #positionOf(map: number, value: number): number {
    const { kernels } = this.context.memory;
    let position = 1;
    for (
      let entry = kernels.orderedFirst(map) >>> 0;
      entry !== 0 && position <= this.settings.end;
      entry = kernels.orderedNext(entry) >>> 0
    ) {
      if (kernels.orderedValue(entry) >>> 0 === value) return position;
      position++;
    }
    return 0;
  }

  protected override end(module: QueryModule): PipelineEnd<Cursors> {
    const change = module.callback(
      'change',
      ['i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
      'void',
      (kind: number, partition: number, row: number, key: number, length: number, windowEndMs: number) =>
        this.#change(kind > 0 ? 1 : -1, partition, row, key >>> 0, length, windowEndMs),
    );
    return {
      open: (writer) => {
        const [rows, partitions] = [tableCursor(writer), tableCursor(writer)];
        openTable(writer, rows, i32.const(this.#rows));
        openTable(writer, partitions, i32.const(this.#partitions));
        return { rows, partitions };
      },
      row: (writer, row, cursors) =>
        this.#writeRow(writer, row, cursors, (...args) => writer.f.do(call(change, ...args))),
    };
  }

  #writeRow(
    writer: CodeWriter,
    row: PipelineRow,
    { rows, partitions }: Cursors,
    change: (...args: Parameters<typeof call> extends [unknown, ...infer A] ? A : never) => void,
  ): void {
    const { f } = writer;
    const { partition, windowEnd } = this.settings;
    let endMs = f.local('i64', i64.const(0n));
    if (windowEnd !== null) {
      endMs = writer.i64(row.scope.column(windowEnd));
      f.if(i64.geS(row.watermark, i64.sub(endMs, i64.const(1n))), () => {
        const late = i32.const(this.cells + baseCells.lateRows);
        f.do(i64.store(late, i64.add(i64.load(late), i64.const(1n))));
        f.br(row.next);
      });
    }
    const keys = partition.map((at) => withType(row.scope.column(at), this.#type(at)));
    const partitionRow = writeFindOrAdd(writer, partitions, this.#partitionLayout, keys, writeHash(writer, keys));
    const partitionNumber = f.local(
      'i32',
      i32.divU(i32.sub(partitionRow, partitions.rows), i32.const(this.#partitionLayout.rowBytes)),
    );
    const sequenceCell = i32.const(this.cells + cells.sequence);
    const sequence = f.local('i64', i64.add(i64.load(sequenceCell), i64.const(1n)));
    const occurrence = f.local('i32', i32.const(0));
    const number = writer.value(INT(false), null, occurrence);
    const columns = [
      ...this.#types.map((type, at) => withType(row.scope.column(at), type)),
      { ...number, parts: [occurrence] },
    ];
    const stored = f.local('i32', i32.const(0));
    const seq = this.#layout.field('seq').offset;
    const isRetraction = this.#updating ? f.local('i32', i32.and(row.kind, i32.const(1))) : null;
    // The opened cursor may be behind what JavaScript has erased or added in between.
    openTable(writer, rows, rows.table);
    if (isRetraction === null) {
      f.set(occurrence, i32.wrapI64(sequence));
      f.set(stored, writeFindOrAdd(writer, rows, this.#layout, columns, writeHash(writer, columns)));
    } else {
      const found = f.local('i32', i32.const(0));
      f.loop((again) => {
        f.set(found, writeFind(writer, rows, this.#layout, columns, writeHash(writer, columns)));
        f.if(found, () => {
          f.set(stored, found);
          f.set(occurrence, i32.add(occurrence, i32.const(1)));
          f.br(again);
        });
      });
      f.if(
        isRetraction,
        () => {
          f.brIf(row.next, i32.eqz(stored));
          f.set(sequence, i64.load(stored, { offset: seq }));
        },
        () => f.set(stored, writeFindOrAdd(writer, rows, this.#layout, columns, writeHash(writer, columns))),
      );
    }
    const add = (): void => f.do(i64.store(stored, sequence, { offset: seq }), i64.store(sequenceCell, sequence));
    if (isRetraction === null) add();
    else f.if(i32.eqz(isRetraction), add);
    const { start, end } = this.#writeSortKey(writer, row, sequence);
    const rowNumber = i32.divU(i32.sub(stored, rows.rows), i32.const(this.#layout.rowBytes));
    const kind = isRetraction === null ? i32.const(1) : i32.sub(i32.const(1), i32.shl(isRetraction, i32.const(1)));
    change(kind, partitionNumber, rowNumber, start, i32.sub(end, start), {
      type: 'f64',
      write: (out) => {
        endMs.write(out);
        out.byte(0xb9);
      },
    });
  }

  #writeSortKey(writer: CodeWriter, row: PipelineRow, sequence: Local<'i64'>): ByteRange {
    const order = this.settings.order.map(({ column, descending, nullsFirst }) => ({
      value: row.scope.column(column),
      order: { descending, nullsLast: !nullsFirst },
    }));
    const arrival = writer.value(BIGINT(false), null, sequence);
    const arrivalOrder = { descending: this.settings.laterFirst, nullsLast: false };
    return writeSortKey(writer, [...order, { value: arrival, order: arrivalOrder }]);
  }

  /** `emit(kind, rowNumber, rank)`: a stored row through the steps behind the operator. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i32', 'i32', 'i64'], 'i32', 'emit');
    const writer = new CodeWriter(module, f, this.node.span);
    const rows = i32.load(i32.const(this.#rows + tableLayout.rows));
    const row = f.local('i32', i32.add(rows, i32.mul(f.param(1, 'i32'), i32.const(this.#layout.rowBytes))));
    const count = output.open(writer);
    f.block((next) => {
      const scope = new ComputedColumns(f, (index) => {
        const type = this.#types[index];
        if (type !== undefined) return readKey(writer, this.#layout, row, index, type);
        return writer.value({ kind: 'BIGINT', nullable: false }, null, f.param(2, 'i64'));
      });
      const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
      writeStepsAfter(writer, this.node.after, { scope, kind: f.param(0, 'i32'), watermark, next }, (_, sent) =>
        output.write(writer, count, sent),
      );
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }
}

/** The address of a key's value; 0 where it is not there. */
function found(kernels: Kernels, map: number, key: number, keyLength: number): number {
  const node = kernels.orderedFind(map, key, keyLength);
  return node === 0 ? 0 : kernels.orderedValue(node);
}

interface Cursors {
  readonly rows: TableCursor;
  readonly partitions: TableCursor;
}

/** @throws DiagnosticError W002: the last rank is a column */
export function constantRank(end: number | { readonly column: number }, node: PhysicalOperator): number {
  if (typeof end === 'number') return end;
  throw new DiagnosticError([unsupported('W002', node.span, 'a rank that is compared with a column')]);
}
