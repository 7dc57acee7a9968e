import type { OptionSpec, OptionValues } from '../catalog/options.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { LookupCache } from '../plan/logical.ts';

/** The options of a table that is asked for the rows of a key, by Flink's names. */
export const partialLookupOptions: readonly OptionSpec[] = [
  {
    name: 'lookup.cache',
    type: 'enum',
    values: ['NONE', 'PARTIAL'],
    default: 'NONE',
    doc: 'PARTIAL: the rows of a key are kept for later rows.',
  },
  { name: 'lookup.partial-cache.max-rows', type: 'long', min: 1, doc: 'Keys that are kept at most.' },
  {
    name: 'lookup.partial-cache.expire-after-write',
    type: 'duration',
    doc: 'A key is asked for again so long after it was.',
  },
  {
    name: 'lookup.partial-cache.expire-after-access',
    type: 'duration',
    doc: 'A key that no row came to for so long is asked for again.',
  },
  {
    name: 'lookup.partial-cache.cache-missing-key',
    type: 'boolean',
    default: 'true',
    doc: 'Whether keys without rows are kept too.',
  },
  {
    name: 'lookup.max-retries',
    type: 'int',
    min: 0,
    default: '3',
    doc: 'How often a lookup that failed is tried again.',
  },
];

/** What is kept of a table that is asked by a key; null: nothing. @throws DiagnosticError O003 for options of no cache */
export function partialCache(options: OptionValues): LookupCache | null {
  if (options.string('lookup.cache')?.toUpperCase() !== 'PARTIAL') {
    const given = options.names.find((name) => name.startsWith('lookup.partial-cache.'));
    if (given !== undefined) {
      fail('O003', options.span(given), `"${given}" is of a cache, and there is none`, {
        help: "add 'lookup.cache' = 'PARTIAL'",
      });
    }
    return null;
  }
  const keysMax = options.long('lookup.partial-cache.max-rows');
  return {
    keysMax: keysMax === undefined ? null : Number(keysMax),
    afterWriteMs: options.durationMs('lookup.partial-cache.expire-after-write') ?? null,
    afterAccessMs: options.durationMs('lookup.partial-cache.expire-after-access') ?? null,
    keepsMissing: options.boolean('lookup.partial-cache.cache-missing-key') ?? true,
  };
}
