import type { Table } from '../../catalog/table.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import type { Memory } from '../../memory/memory.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import type { SequenceShard } from '../../streams/sequence-number.ts';
import { shardId } from '../../streams/stream-metadata.ts';
import { type SqlType, TIMESTAMP_LTZ, VARCHAR } from '../../types/sql-type.ts';
import type { AddedColumn } from '../added-columns.ts';
import type { RecordAt } from './record-chunk.ts';
import { SequenceTexts } from './sequence-texts.ts';

/** What a stream knows of a record, by Flink's names. */
export const recordMetadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['timestamp', TIMESTAMP_LTZ(3, false)],
  ['shard-id', VARCHAR(128, false)],
  ['sequence-number', VARCHAR(128, false)],
]);

/** A sequence number has 56 digits; its first digit in hexadecimal is a 2. */
const sequenceBytes = 56;

/** The metadata columns of a shard's batches. */
export class RecordMetadata {
  /** By column of the scan; null for one that the format reads. */
  readonly columns: readonly (AddedColumn | null)[];
  readonly #memory: Memory;
  readonly #shard: SequenceShard;
  readonly #times: number;
  readonly #numbers: number;
  readonly #numberTexts: number;
  readonly #allocated: number[] = [];
  readonly #sequence = new SequenceTexts();

  constructor(memory: Memory, scan: readonly ScanColumn[], shard: SequenceShard, rowsMax: number) {
    this.#memory = memory;
    this.#shard = shard;
    const keyOf = ({ metadata, path, name }: ScanColumn) => (metadata ? (path[0] ?? name) : null);
    const keys = scan.map(keyOf);
    this.#times = keys.includes('timestamp') ? this.#alloc(rowsMax * 8) : 0;
    this.#numbers = keys.includes('sequence-number') ? this.#alloc(rowsMax * 8) : 0;
    this.#numberTexts = this.#numbers === 0 ? 0 : this.#alloc(rowsMax * sequenceBytes + 16);
    const ids = keys.includes('shard-id') ? this.#shardIds(rowsMax) : 0;
    const values = new Map([
      ['timestamp', this.#times],
      ['sequence-number', this.#numbers],
      ['shard-id', ids],
    ]);
    this.columns = keys.map((key) => (key === null ? null : { values: values.get(key) ?? 0, validity: 0 }));
  }

  /** Whether the columns differ from row to row. */
  get isNeeded(): boolean {
    return this.#times !== 0 || this.#numbers !== 0;
  }

  /** Writes the columns of a batch: `recordOf` gives the record of each row. */
  fill(rowCount: number, recordOf: (row: number) => RecordAt): void {
    const { i64, u32, u8 } = this.#memory;
    let arrivalMs = Number.NaN;
    let arrival = 0n;
    let nextIndex = -1;
    for (let row = 0; row < rowCount; row++) {
      const { frame, record } = recordOf(row);
      // Those of a commit have come together.
      if (frame.arrivalMs !== arrivalMs) {
        arrivalMs = frame.arrivalMs;
        arrival = BigInt(arrivalMs);
      }
      if (this.#times !== 0) i64[(this.#times >> 3) + row] = arrival;
      if (this.#numbers === 0) continue;
      const index = frame.firstIndex + record;
      if (index === nextIndex && record > 0) this.#sequence.next();
      else if (index !== nextIndex - 1) this.#sequence.start(this.#shard, index, arrivalMs);
      nextIndex = index + 1;
      const text = this.#numberTexts + row * sequenceBytes;
      this.#sequence.write(u8, text);
      u32[(this.#numbers >> 2) + row * 2] = text;
      u32[(this.#numbers >> 2) + row * 2 + 1] = this.#sequence.length;
    }
  }

  close(): void {
    for (const address of this.#allocated) this.#memory.free(address);
  }

  #shardIds(rowsMax: number): number {
    const text = Buffer.from(shardId(this.#shard.index));
    const address = this.#alloc(text.length + 16);
    const values = this.#alloc(rowsMax * 8);
    const { u8, u32 } = this.#memory;
    u8.set(text, address);
    for (let row = 0; row < rowsMax; row++) {
      u32[(values >> 2) + row * 2] = address;
      u32[(values >> 2) + row * 2 + 1] = text.length;
    }
    return values;
  }

  #alloc(bytes: number): number {
    const address = this.#memory.alloc(bytes);
    this.#allocated.push(address);
    return address;
  }
}

/** What a stream knows of a record that is kept, by the names of the table's columns. */
export function keptMetadata(
  table: Table,
  shard: number,
  sequenceNumber: string,
  arrivalMs: number,
): Readonly<Record<string, CellValue>> {
  const known: Readonly<Record<string, CellValue>> = {
    timestamp: BigInt(arrivalMs),
    'shard-id': shardId(shard),
    'sequence-number': sequenceNumber,
  };
  const columns = table.columns.filter((column) => column.kind === 'metadata');
  return Object.fromEntries(columns.map(({ name, key }) => [name, known[key] ?? null]));
}
