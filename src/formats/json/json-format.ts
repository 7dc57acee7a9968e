import type { OptionSpec } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Decoder, DecoderRequest, Format } from '../format.ts';
import { RecordDecoder } from '../record-decoder.ts';
import { decoderOption, jsonEnvelope } from '../record-struct.ts';
import { JsonEncoder, plainFrames } from './json-encoder.ts';
import { type JsonEnvelope, JsonProgram } from './json-program.ts';

/** What all formats over JSON take. */
export const jsonReadOptions: readonly OptionSpec[] = [
  {
    name: 'ignore-parse-errors',
    type: 'boolean',
    default: 'false',
    doc: 'A field that cannot be read becomes NULL, a malformed record is left out and counted.',
  },
  {
    name: 'timestamp-format.standard',
    type: 'enum',
    values: ['SQL', 'ISO-8601'],
    isExact: true,
    default: 'SQL',
    doc: "How timestamps stand: '2024-01-02 03:04:05.678' (SQL) or '2024-01-02T03:04:05.678' (ISO-8601); TIMESTAMP_LTZ ends in Z.",
  },
];

export const jsonWriteOptions: readonly OptionSpec[] = [
  {
    name: 'map-null-key.mode',
    type: 'enum',
    values: ['FAIL', 'DROP', 'LITERAL'],
    default: 'FAIL',
    doc: 'What a NULL key of a map does when it is written.',
  },
  {
    name: 'map-null-key.literal',
    type: 'string',
    default: 'null',
    doc: 'The key that stands for NULL in mode LITERAL.',
  },
  {
    name: 'encode.decimal-as-plain-number',
    type: 'boolean',
    default: 'false',
    doc: 'Writes 0.00000001 instead of 1E-8.',
  },
  { name: 'encode.ignore-null-fields', type: 'boolean', default: 'false', doc: 'Leaves members out that are NULL.' },
];

const jsonOptions: readonly OptionSpec[] = [
  {
    name: 'fail-on-missing-field',
    type: 'boolean',
    default: 'false',
    doc: 'A record without one of the fields that are read fails the job.',
  },
  ...jsonReadOptions,
  {
    name: 'decode.json-parser.enabled',
    type: 'boolean',
    default: 'true',
    doc: 'False: of equal keys the last counts, and numbers read as text are normalized.',
  },
  ...jsonWriteOptions,
];

const noEnvelope: JsonEnvelope = { kind: jsonEnvelope.none, keys: [], hasPayload: false, include: [] };

/** Programs by request: the shards of one table share theirs. */
const programs = new WeakMap<DecoderRequest, JsonProgram>();

/**
 * `json`: each line a record, an object or an array of objects.
 *
 * The whole of a record is checked, also the part that no column needs: a damaged rest fails the row as in Flink. The
 * learnt templates compare every byte outside values anyway, so the check costs one SIMD compare a skipped string.
 * A value that no row needs is not converted, though: neither that of a column that nothing reads, nor one of a row that
 * the query's filter throws away (`ScanFilter`). Of equal keys the first counts. Invalid UTF-8 makes a record malformed.
 */
export const jsonFormat: Format = {
  name: 'json',
  options: jsonOptions,
  changes: 'append',
  metadata: new Map(),
  nestedPaths: true,
  lineFeeds: 'blank',
  earlyFilter: true,
  decoder(request) {
    let program = programs.get(request);
    if (program === undefined) {
      program = new JsonProgram({ ...programParts(request, 'json'), envelope: noEnvelope });
      programs.set(request, program);
    }
    return new RecordDecoder(request.memory, program, request.rowsMax);
  },
  encoder: (request) => new JsonEncoder(request, 'json', plainFrames),
  release(request) {
    programs.get(request)?.close();
    programs.delete(request);
  },
};

/** The decoder of a change format; its programs are not shared, since their columns grow with the records. */
export function changeDecoder(request: DecoderRequest, format: string, envelope: JsonEnvelope): Decoder {
  const parts = programParts(request, format);
  // Flink reads changes by its tree parser.
  const program = new JsonProgram({ ...parts, options: parts.options | decoderOption.tree, envelope });
  return new RecordDecoder(request.memory, program, request.rowsMax, () => program.close());
}

function programParts(request: DecoderRequest, format: string) {
  const { memory, columns, filter, rowsMax } = request;
  return { memory, columns, filter, format, options: optionBits(request, format), rowsMax };
}

function optionBits({ options }: DecoderRequest, format: string): number {
  const ignores = options.boolean('ignore-parse-errors') === true;
  const failsOnMissing = options.boolean('fail-on-missing-field') === true;
  if (ignores && failsOnMissing) {
    fail(
      'O005',
      options.span('ignore-parse-errors'),
      `'${format}.fail-on-missing-field' and '${format}.ignore-parse-errors' exclude each other`,
      { help: 'leave one of them out' },
    );
  }
  return (
    (ignores ? decoderOption.ignoreErrors : 0) |
    (failsOnMissing ? decoderOption.failOnMissing : 0) |
    (options.string('timestamp-format.standard') === 'ISO-8601' ? decoderOption.iso : 0) |
    (options.boolean('decode.json-parser.enabled') === false ? decoderOption.tree : 0)
  );
}
