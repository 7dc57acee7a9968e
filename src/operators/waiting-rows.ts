import type { CodeWriter, RowScope } from '../codegen/expression-writer.ts';
import { ascending, type KeyColumn, writeSortKey } from '../codegen/sort-key.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import { BIGINT, type SqlType } from '../types/sql-type.ts';
import { i32, type Local } from '../wasm/code.ts';
import { KeptRows } from './kept-rows.ts';
import { type Held, map } from './state-size.ts';

/** A row that has just come. */
export interface WaitingRow {
  readonly row: Local<'i32'>;
  /** Its number + 1. */
  readonly number: Local<'i32'>;
  /** In the order; its address stays. */
  readonly entry: Local<'i32'>;
}

/** Rows that wait for their time: an ordered map leads from a key and the arrival to a row's number + 1. */
export class WaitingRows extends KeptRows {
  readonly #map: number;

  constructor(state: OperatorState, types: readonly SqlType[], extra: readonly StateField[] = []) {
    super(state, types, extra);
    this.#map = state.map('order', 4);
  }

  override get held(): readonly Held[] {
    return [...super.held, map(this.#map)];
  }

  /** Takes a row in, in the order of the keys and, where these are equal, of arrival. */
  add(writer: CodeWriter, table: Local<'i32'>, scope: RowScope, keys: readonly KeyColumn[]): WaitingRow {
    const { f } = writer;
    const { row, arrival } = this.keep(writer, table, scope);
    const sequence = writer.value(BIGINT(false), null, arrival);
    const { start, end } = writeSortKey(writer, [...keys, { value: sequence, order: ascending }]);
    const value = f.local(
      'i32',
      writer.kernel('orderedInsert', 'i32', i32.const(this.#map), start, i32.sub(end, start)),
    );
    const number = f.local('i32', this.rows.number(table, row));
    f.do(i32.store(value, number));
    // A value stands behind its node's header.
    return { row, number, entry: f.local('i32', i32.sub(value, i32.const(8))) };
  }

  /** The entry of the first row that waits, 0 for none. */
  first(writer: CodeWriter): Local<'i32'> {
    return writer.f.local('i32', writer.kernel('orderedFirst', 'i32', i32.const(this.#map)));
  }

  /** The number + 1 of an entry's row. */
  numberOf(writer: CodeWriter, entry: Local<'i32'>): Local<'i32'> {
    return writer.f.local('i32', i32.load(writer.kernel('orderedValue', 'i32', entry)));
  }

  /** Ends an entry's waiting; the row stays. */
  remove(writer: CodeWriter, entry: Local<'i32'>): void {
    writer.f.do(writer.kernel('orderedEraseNode', 'void', i32.const(this.#map), entry));
  }

  override close(): void {
    this.memory.kernels.orderedDrop(this.#map);
    super.close();
  }
}
