import { randomUUID } from 'node:crypto';
import type { OptionValues } from '../../catalog/options.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';
import { cellAddresses } from '../../formats/encode/batch-cells.ts';
import type { Batch } from '../../memory/batch.ts';
import type { Memory } from '../../memory/memory.ts';
import type { SinkRequest } from '../connector.ts';
import { partitionText } from '../filesystem/partition-path.ts';

/** A partition key has at most so many characters; what is longer is cut, as in Flink. */
const keyLengthMax = 256;

/** How a sink's rows get their partition keys. */
export interface PartitionKeys {
  /** The keys of a batch's rows. */
  of(batch: Batch): (row: number) => string;
  close(): void;
}

/** @throws DiagnosticError for a partitioner beside PARTITIONED BY, and for a class of Java */
export function partitionKeys({ memory, table, schema, options }: SinkRequest): PartitionKeys {
  const partitioner = options.string('sink.partitioner');
  if (table.partitionedBy.length > 0) {
    if (partitioner !== undefined) {
      fail('O005', options.span('sink.partitioner'), "'sink.partitioner' does not go with PARTITIONED BY", {
        help: 'the partition key is made of the partition columns: leave one of the two out',
      });
    }
    const columns = table.partitionedBy.map((key) => schema.findIndex(({ name }) => name === key));
    return new ColumnKeys(memory, columns, options);
  }
  switch (partitioner ?? 'random') {
    case 'random':
      return { of: () => () => randomUUID(), close: () => {} };
    case 'fixed':
      // As that of Flink's first subtask.
      return { of: () => () => '0', close: () => {} };
    default:
      throw new DiagnosticError([
        unsupported('W001', options.span('sink.partitioner'), `the partitioner "${partitioner}"`, {
          help: "there are 'random' and 'fixed'; or name the key's columns in PARTITIONED BY",
        }),
      ]);
  }
}

/** The values of some columns, one behind the other. */
class ColumnKeys implements PartitionKeys {
  readonly #memory: Memory;
  readonly #columns: readonly number[];
  readonly #delimiter: string;
  readonly #scratch: number;

  constructor(memory: Memory, columns: readonly number[], options: OptionValues) {
    this.#memory = memory;
    this.#columns = columns;
    this.#delimiter = options.string('sink.partitioner-field-delimiter') ?? '|';
    this.#scratch = memory.alloc(16);
  }

  of(batch: Batch): (row: number) => string {
    const cells = cellAddresses(this.#memory, batch, this.#columns, this.#scratch);
    const types = this.#columns.map((column) => batch.schema[column]?.type);
    return (row) => {
      let key = '';
      for (const [index, cell] of cells.entries()) {
        const type = types[index];
        const at = cell(row);
        if (index > 0) key += this.#delimiter;
        key += at === 0 || type === undefined ? 'null' : partitionText(this.#memory, type, at);
      }
      // A record has a key, if need be one that says nothing.
      return key.length > keyLengthMax ? key.slice(0, keyLengthMax) : key === '' ? ' ' : key;
    };
  }

  close(): void {
    this.#memory.free(this.#scratch);
  }
}
