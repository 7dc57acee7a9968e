import type { RecordBatch } from 'apache-arrow';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import { sameType, typeText } from '../../types/sql-type.ts';
import { watermarkOptions } from '../common-options.ts';
import type { Connector, ReadResult, ShardReader, Source, SourceRequest } from '../connector.ts';

/**
 * `arrow`: record batches that the embedding program holds, by the name under which it gave them to the engine.
 *
 * Buffers that lie in the engine's memory are read where they are. One shard; it ends behind the last batch.
 */
export const arrowConnector: Connector = {
  name: 'arrow',
  options: [
    {
      name: 'batches',
      type: 'string',
      required: true,
      doc: 'The name under which the program gave the record batches.',
    },
    ...watermarkOptions,
  ],
  format: 'none',
  metadata: new Map(),
  source: (request) => new ArrowSource(request),
  restart: { kind: 'begins-anew', how: 'the record batches are read from the first on' },
};

class ArrowSource implements Source {
  readonly bounded = true;
  readonly #request: SourceRequest;
  #shard: ShardReader | null = null;

  constructor(request: SourceRequest) {
    this.#request = request;
  }

  async open(): Promise<void> {
    const { options, recordBatches } = this.#request;
    const name = options.string('batches') ?? '';
    const batches = recordBatches.get(name);
    if (batches === undefined) {
      fail('O006', options.span('batches'), `no record batches are called '${name}'`, {
        help: didYouMean(name, [...recordBatches.keys()]) ?? 'the program gives them to the engine by name',
      });
    }
    this.#shard = await openBatches(this.#request, name, batches);
  }

  async shards(): Promise<readonly ShardReader[]> {
    const shard = this.#shard;
    // Who reads a shard closes it.
    this.#shard = null;
    return shard === null ? [] : [shard];
  }

  async close(): Promise<void> {
    await this.#shard?.close();
  }
}

/** @throws DiagnosticError B: a column that the batches do not have, or have with another type */
async function openBatches(
  request: SourceRequest,
  name: string,
  batches: readonly RecordBatch[],
): Promise<ShardReader> {
  const { ArrowImport } = await import('../../memory/arrow/arrow-import.ts');
  const { sqlTypeOfArrow } = await import('../../memory/arrow/arrow-types.ts');
  const { Schema } = await import('apache-arrow');
  const { memory, columns, table, rowsMax } = request;
  const [first] = batches;
  const fields = first?.schema.fields ?? [];
  const indices = columns.map((column) => {
    const declared = table.columns.find((other) => other.name === column.path[0]);
    const index = fields.findIndex((field) => field.name === column.path[0]);
    const field = fields[index];
    if (first === undefined) return 0;
    if (field === undefined || column.path.length !== 1) {
      return fail(
        'O006',
        declared?.span ?? table.span,
        `the record batches '${name}' have no column "${column.path.join('.')}"`,
        {
          help:
            didYouMean(
              column.name,
              fields.map((other) => other.name),
            ) ?? undefined,
        },
      );
    }
    const type = sqlTypeOfArrow(field.type, field.nullable);
    if (!sameType(type, column.type)) {
      const shown = `column "${column.name}" is declared ${typeText(column.type)}, the record batches have ${typeText(type)}`;
      return fail('O006', declared?.span ?? table.span, shown);
    }
    return index;
  });
  const selected = new Schema(indices.flatMap((index) => fields[index] ?? []));
  const reader = new ArrowImport(memory, selected);
  const progress = { bytesRead: 0, bytesTotal: null, rows: 0, malformedRecords: 0 };
  let next = 0;
  let from = 0;
  let start = 0;
  const read = (): ReadResult => {
    for (;;) {
      const batch = batches[next];
      if (batch === undefined) return { kind: 'end' };
      const rest = batch.numRows - from;
      if (rest === 0) {
        next++;
        from = 0;
        continue;
      }
      const count = Math.min(rest, rowsMax);
      const part = count === batch.numRows ? batch : batch.slice(from, from + count);
      start = progress.rows;
      from += count;
      progress.rows += count;
      return { kind: 'batch', batch: reader.batch(part, indices) };
    }
  };
  return {
    name,
    read,
    place: (rowIndex) => ({ shard: name, offset: start + rowIndex, line: null, text: null }),
    progress,
    close: async () => reader.close(),
  };
}
