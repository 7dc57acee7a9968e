import type { OptionSpec } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Schema } from '../../types/column.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import type { DecoderRequest, Format } from '../format.ts';
import { RecordDecoder } from '../record-decoder.ts';
import { charsetOf } from './charset.ts';
import { RawEncoder } from './raw-encoder.ts';
import { RawProgram } from './raw-program.ts';

const options: readonly OptionSpec[] = [
  {
    name: 'charset',
    type: 'string',
    default: 'UTF-8',
    doc: 'How text stands in bytes: UTF-8, ISO-8859-1, UTF-16, ...',
  },
  {
    name: 'endianness',
    type: 'enum',
    values: ['big-endian', 'little-endian'],
    default: 'big-endian',
    doc: 'The order of the bytes of a number.',
  },
];

const programs = new WeakMap<DecoderRequest, RawProgram>();

/** `raw`: each line is the value of the one column, as it stands. Invalid UTF-8 becomes U+FFFD. */
export const rawFormat: Format = {
  name: 'raw',
  options,
  changes: 'append',
  metadata: new Map(),
  nestedPaths: false,
  lineFeeds: 'value',
  earlyFilter: false,
  decoder(request) {
    checkColumns(request.tableColumns);
    charsetOf(request.options);
    let program = programs.get(request);
    if (program === undefined) {
      program = new RawProgram(request);
      programs.set(request, program);
    }
    return new RecordDecoder(request.memory, program, request.rowsMax);
  },
  encoder(request) {
    checkColumns(request.schema);
    return new RawEncoder(request);
  },
  release(request) {
    programs.get(request)?.close();
    programs.delete(request);
  },
};

/** Raw has one column, of a type that is bytes by itself. */
export function checkColumns(columns: Schema): void {
  if (columns.length !== 1) {
    fail('O007', null, `raw holds one physical column, but the table has ${columns.length}`, {
      help: columns.map(({ name, type }) => `${name} ${typeText(type)}`).join(', '),
    });
  }
  for (const { name, type } of columns) {
    if (!isRaw(type)) fail('O007', null, `raw cannot hold column "${name}" of type ${typeText(type)}`);
  }
}

function isRaw(type: SqlType): boolean {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
      return true;
    default:
      return false;
  }
}
