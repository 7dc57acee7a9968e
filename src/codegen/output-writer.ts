import type { Value } from '../functions/value.ts';
import type { BatchBuilder } from '../memory/batch-builder.ts';
import type { Column } from '../types/column.ts';
import { physicalWidth } from '../types/physical.ts';
import { type I32, type I64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef, type Label } from '../wasm/function-builder.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';
import { storeParts } from './memory-value.ts';
import type { QueryModule } from './query-module.ts';

/**
 * With more columns, each is computed in a scope of its own, so that its locals serve the next: a function has 50,000 at
 * most. What two columns have in common is then computed twice.
 */
const sharingColumnsMax = 1000;

/** Batches are no state. */
const passing = { isPassing: true } as const;

/**
 * Appends rows to an operator's output batch, which goes out whenever it is full.
 *
 * The number of rows in the batch stands in memory between calls and in a local while a function runs: `open` at the
 * function's start, `close` before each return with success.
 */
export class OutputWriter {
  readonly #builder: BatchBuilder;
  readonly #countAddress: number;
  readonly #flush: FunctionRef<'void'>;
  readonly #module: QueryModule;

  /** `name`: of a second writer of the module, which has a name of its own. */
  constructor(module: QueryModule, builder: BatchBuilder, send: (rowCount: number) => void, name = 'flush') {
    this.#module = module;
    this.#builder = builder;
    this.#countAddress = module.own(4);
    this.#flush = module.callback(name, ['i32'], 'void', (rowCount: number) => send(rowCount));
  }

  /** The rows waiting in the batch; they are the caller's to send, and the count starts anew. */
  take(): number {
    const { u32 } = this.#module.memory;
    const count = u32[this.#countAddress >> 2] ?? 0;
    u32[this.#countAddress >> 2] = 0;
    return count;
  }

  open(writer: CodeWriter): Local<'i32'> {
    return writer.f.local('i32', i32.load(i32.const(this.#countAddress)));
  }

  close(writer: CodeWriter, count: Local<'i32'>): void {
    writer.f.do(i32.store(i32.const(this.#countAddress), count));
  }

  /** Appends a row; columns are computed from the scope in their order. */
  write(
    writer: CodeWriter,
    count: Local<'i32'>,
    row: { readonly scope: RowScope; readonly kind: I32; readonly watermark: I64 },
  ): void {
    const { f } = writer;
    const builder = this.#builder;
    f.if(i32.geU(count, i32.const(builder.capacity)), () => {
      f.do(call(this.#flush, count));
      f.set(count, i32.const(0));
    });
    // The row counts when all its columns stand: one that is dropped before is written over.
    if (writer.session.dropsNulls === true) f.block((drop) => this.#writeRow(writer, count, row, drop));
    else this.#writeRow(writer, count, row, null);
  }

  #writeRow(
    writer: CodeWriter,
    count: Local<'i32'>,
    row: { readonly scope: RowScope; readonly kind: I32; readonly watermark: I64 },
    drop: Label | null,
  ): void {
    const { f } = writer;
    const builder = this.#builder;
    const isWide = builder.schema.length > sharingColumnsMax;
    for (const [index, column] of builder.schema.entries()) {
      const store = (): void => {
        const value = row.scope.column(index);
        this.#store(writer, builder.column(index), value, count, column, drop);
      };
      if (isWide) f.scope(store);
      else store();
    }
    if (builder.kinds !== 0) f.do(i32.store8(i32.add(count, i32.const(builder.kinds)), row.kind, passing));
    if (builder.watermarks !== 0) {
      f.do(i64.store(i32.add(i32.shl(count, i32.const(3)), i32.const(builder.watermarks)), row.watermark, passing));
    }
    if (builder.origins !== 0) {
      f.do(i32.store(i32.add(i32.shl(count, i32.const(2)), i32.const(builder.origins)), writer.row));
    }
    f.set(count, i32.add(count, i32.const(1)));
  }

  #store(
    writer: CodeWriter,
    column: { readonly values: number; readonly validity: number },
    value: Value,
    count: I32,
    { name, type }: Column,
    drop: Label | null,
  ): void {
    const { f } = writer;
    const { values, validity } = column;
    const at = i32.add(scaled(count, physicalWidth[value.physical]), i32.const(values));
    f.do(...storeParts(value.physical, f.local('i32', at), value.parts, 0, true));
    if (type.nullable) f.do(i32.store8(i32.add(count, i32.const(validity)), i32.eqz(writer.isNull(value)), passing));
    else if (value.isNull !== null) {
      if (drop === null) f.if(value.isNull, () => writer.fail(`NULL for "${name}", which is NOT NULL`));
      else f.brIf(drop, value.isNull);
    }
  }
}
