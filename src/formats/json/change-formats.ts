import type { OptionSpec, OptionValues } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import { compiledRegex, type JavaRegex } from '../../functions/scalar/java-regex.ts';
import type { Format } from '../format.ts';
import { jsonEnvelope } from '../record-struct.ts';
import { JsonEncoder, type RowFrames } from './json-encoder.ts';
import { changeDecoder, jsonReadOptions, jsonWriteOptions } from './json-format.ts';

interface ChangeFormatParts {
  readonly name: string;
  readonly envelope: number;
  /** In the order that kernels/json-decode.ts knows. */
  readonly keys: readonly string[];
  readonly frames: RowFrames;
  readonly options?: readonly OptionSpec[];
}

/** A format whose records are changes of rows: -U and +U are written as a deletion and an insertion. */
function changeFormat({ name, envelope, keys, frames, options = [] }: ChangeFormatParts): Format {
  return {
    name,
    options: [...options, ...jsonReadOptions, ...jsonWriteOptions],
    changes: 'all',
    metadata: new Map(),
    nestedPaths: true,
    lineFeeds: 'blank',
    earlyFilter: false,
    decoder: (request) =>
      changeDecoder(request, name, {
        kind: envelope,
        keys,
        hasPayload: request.options.boolean('schema-include') === true,
        include: ['database', 'table'].flatMap((key) => includeOf(request.options, key)),
      }),
    encoder: (request) => new JsonEncoder(request, name, frames),
  };
}

/** The filter of `database.include` or `table.include`, a pattern of Java's; none where the option is not given. */
function includeOf(options: OptionValues, key: string): { key: string; pattern: JavaRegex }[] {
  const name = `${key}.include`;
  const text = options.string(name);
  if (text === undefined) return [];
  const pattern = compiledRegex(text) && compiledRegex(`\\A(?:${text})\\z`);
  if (pattern === null) fail('O003', options.span(name), `"${text}" is no regular expression`);
  return [{ key, pattern }];
}

/** `debezium-json`: {before, after, op}; c and r insert, u updates, d deletes. */
export const debeziumJsonFormat = changeFormat({
  name: 'debezium-json',
  envelope: jsonEnvelope.debezium,
  keys: ['before', 'after', 'op'],
  frames: {
    insert: { before: '{"before":null,"after":', after: ',"op":"c"}\n' },
    delete: { before: '{"before":', after: ',"after":null,"op":"d"}\n' },
  },
  options: [
    {
      name: 'schema-include',
      type: 'boolean',
      default: 'false',
      doc: 'Records hold their schema, and the change under "payload".',
    },
  ],
});

/** `canal-json`: {data: [...], old: [...], type}; old rows name the changed fields alone. */
export const canalJsonFormat = changeFormat({
  name: 'canal-json',
  envelope: jsonEnvelope.canal,
  keys: ['data', 'old', 'type', 'database', 'table'],
  frames: {
    insert: { before: '{"data":[', after: '],"type":"INSERT"}\n' },
    delete: { before: '{"data":[', after: '],"type":"DELETE"}\n' },
  },
  options: [
    {
      name: 'database.include',
      type: 'string',
      doc: 'Only changes of databases whose whole name matches this regular expression.',
    },
    {
      name: 'table.include',
      type: 'string',
      doc: 'Only changes of tables whose whole name matches this regular expression.',
    },
  ],
});

/** `maxwell-json`: {data, old, type}. */
export const maxwellJsonFormat = changeFormat({
  name: 'maxwell-json',
  envelope: jsonEnvelope.maxwell,
  keys: ['data', 'old', 'type'],
  frames: {
    insert: { before: '{"data":', after: ',"type":"insert"}\n' },
    delete: { before: '{"data":', after: ',"type":"delete"}\n' },
  },
});

/** `ogg-json`: {before, after, op_type}; I inserts, U updates, D deletes. */
export const oggJsonFormat = changeFormat({
  name: 'ogg-json',
  envelope: jsonEnvelope.ogg,
  keys: ['before', 'after', 'op_type'],
  frames: {
    insert: { before: '{"before":null,"after":', after: ',"op_type":"I"}\n' },
    delete: { before: '{"before":', after: ',"after":null,"op_type":"D"}\n' },
  },
});
