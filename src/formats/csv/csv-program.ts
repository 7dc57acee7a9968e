import type { Memory } from '../../memory/memory.ts';
import type { Schema } from '../../types/column.ts';
import { type BlockLayout, blockLayout } from '../column-block.ts';
import { FieldLayout, fieldTree } from '../field-tree.ts';
import type { DecodeFailure, DecoderRequest } from '../format.ts';
import type { RecordProgram, RecordRange } from '../record-decoder.ts';
import { commonFailure, failedRecord } from '../record-failure.ts';
import { decoderOption, recordProblem, recordStruct } from '../record-struct.ts';
import { csvOptions } from './csv-options.ts';

interface CsvKernels {
  csvDecode(decoder: number, from: number, end: number, row: number, rowsMax: number): number;
}

/** No byte is this one. */
const noByte = 0xffff_ffff;

/** How the CSV records of a table are read: by the position of its columns. */
export class CsvProgram implements RecordProgram {
  readonly schema: Schema;
  readonly layout: BlockLayout;
  readonly options: number;
  readonly #memory: Memory;
  readonly #kernels: CsvKernels;
  readonly #fields: FieldLayout;
  readonly #words: (readonly [number, number])[] = [];
  readonly #columnNames: readonly string[];
  readonly #pieces: number[] = [];

  constructor({ memory, options, columns, tableColumns, rowsMax }: DecoderRequest) {
    const settings = csvOptions(options);
    this.#memory = memory;
    this.#kernels = memory.exports as unknown as CsvKernels;
    this.schema = columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    this.layout = blockLayout(this.schema, { capacity: rowsMax, kinds: false });
    this.options = settings.ignoreErrors ? decoderOption.ignoreErrors : 0;
    this.#columnNames = tableColumns.map(({ name }) => name);
    this.#fields = new FieldLayout(memory);
    // A part of a row is read as the row, since only the whole has a place in the record.
    const tree = fieldTree(columns, 'csv');
    this.#fields.add(tree, this.layout.columns);
    const addresses = tableColumns.map(({ name }) => tree.children.find(({ key }) => key === name)?.address ?? 0);
    const fieldList = this.#piece(addresses.length * 4 + 16);
    memory.u32.set(addresses, fieldList >>> 2);
    const nullText = Buffer.from(settings.nullLiteral ?? '');
    const elementText = Buffer.from(settings.elementDelimiter);
    this.#words.push(
      [recordStruct.csvFields, fieldList],
      [recordStruct.csvFieldCount, addresses.length],
      [recordStruct.csvAskedCount, columns.length],
      [recordStruct.csvDelimiter, settings.delimiter],
      [recordStruct.csvQuote, settings.quote ?? noByte],
      [recordStruct.csvEscape, settings.escape ?? noByte],
      [recordStruct.csvNull, this.#text(nullText)],
      [recordStruct.csvNullLength, settings.nullLiteral === null ? noByte : nullText.length],
      [recordStruct.csvElementDelimiter, this.#text(elementText)],
      [recordStruct.csvElementDelimiterLength, Math.max(1, elementText.length)],
      [recordStruct.csvComments, settings.allowComments ? 1 : 0],
    );
  }

  words(): readonly (readonly [number, number])[] {
    return this.#words;
  }

  run(struct: number, { from, end, row, rowsMax }: RecordRange): number {
    return this.#kernels.csvDecode(struct, from, end, row, rowsMax);
  }

  failure(struct: number): DecodeFailure {
    const failed = failedRecord({ memory: this.#memory, layout: this.#fields, struct, format: 'csv' });
    const { problem, make, shown } = failed;
    const common = commonFailure(failed);
    if (common !== null) return common;
    const columns = `${this.#columnNames.length} columns (${this.#columnNames.join(', ')})`;
    switch (problem) {
      case recordProblem.tooFewFields:
        return make(`the record has fewer values than the table's ${columns}`);
      case recordProblem.tooManyFields:
        return make(`the record has more values than the table's ${columns}: ${shown}`);
      case recordProblem.openQuote:
        return make('the quote that opens here is never closed');
      default:
        return make(`after a closing quote the next value or the line's end is expected: ${shown}`);
    }
  }

  grow(): void {
    throw new Error('a CSV record is one row');
  }

  close(): void {
    this.#fields.close();
    for (const piece of this.#pieces) this.#memory.free(piece);
  }

  #piece(bytes: number): number {
    const address = this.#memory.alloc(bytes);
    this.#pieces.push(address);
    return address;
  }

  #text(bytes: Uint8Array): number {
    const address = this.#piece(bytes.length + 16);
    this.#memory.u8.set(bytes, address);
    return address;
  }
}
