import type { OptionValues } from '../../catalog/options.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import { watermarkOptions } from '../common-options.ts';
import type { Connector, ShardReader, Source, SourceRequest } from '../connector.ts';
import { partialCache, partialLookupOptions } from '../lookup-options.ts';
import { ProgramLookupSource } from './program-lookup.ts';
import { ProgramShard } from './program-shard.ts';
import { ProgramSink } from './program-sink.ts';

/**
 * `program`: rows that the embedding program gives while the job runs, by the name under which it declared them, or takes.
 *
 * One shard, which wakes its job when rows come, and ends when the program says so.
 */
export const programConnector: Connector = {
  name: 'program',
  options: [
    { name: 'table', type: 'string', required: true, doc: 'The name under which the program gives the rows.' },
    {
      name: 'lookup.keys',
      type: 'string',
      doc: 'The columns that the program is asked by for rows, parted by semicolons: such a table is looked up, not read.',
    },
    ...partialLookupOptions,
    ...watermarkOptions,
  ],
  format: 'none',
  metadata: new Map(),
  source: (request) => new ProgramSource(request),
  restart: { kind: 'begins-anew', how: 'rows are those that the program gives from then on' },
  lookup(options) {
    const keys = lookupKeys(options);
    return keys === null ? null : { keys, cache: partialCache(options) };
  },
  sink(request) {
    const { options, programSinks } = request;
    const name = options.string('table') ?? '';
    const make = programSinks?.get(name);
    if (make === undefined) return fail('O006', options.span('table'), `the program takes no rows of '${name}'`);
    return new ProgramSink(make(request), name, options.span('table'));
  },
  guarantee: () => ({
    kind: 'at-least-once',
    how: 'rows are given at once, and those behind the last checkpoint again',
  }),
  lookupSource: (request) => new ProgramLookupSource(request, lookupKeys(request.options) ?? []),
};

function lookupKeys(options: OptionValues): readonly string[] | null {
  return options.string('lookup.keys')?.split(';') ?? null;
}

class ProgramSource implements Source {
  // It ends by itself when the program's rows do.
  readonly bounded = true;
  readonly #request: SourceRequest;
  #wake: () => void = () => {};
  #shard: ShardReader | null = null;

  constructor(request: SourceRequest) {
    this.#request = request;
  }

  listen(wake: () => void): void {
    this.#wake = wake;
  }

  async open(): Promise<void> {
    const { options, programTables } = this.#request;
    const name = options.string('table') ?? '';
    const table = programTables.get(name);
    if (table === undefined) {
      fail('O006', options.span('table'), `the program gives no table '${name}'`, {
        help: didYouMean(name, [...programTables.keys()]) ?? 'the program declares it before a statement reads it',
      });
    }
    if (!('open' in table)) {
      fail('O006', options.span('table'), `'${name}' is looked up by a key, and cannot be read`, {
        help: 'join it: JOIN ... FOR SYSTEM_TIME AS OF a processing time',
      });
    }
    const feed = table.open(() => this.#wake());
    this.#shard = new ProgramShard(name, feed, this.#request);
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
