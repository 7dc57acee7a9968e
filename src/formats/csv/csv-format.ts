import { fail } from '../../diagnostics/diagnostic.ts';
import type { Schema } from '../../types/column.ts';
import { typeText } from '../../types/sql-type.ts';
import type { DecoderRequest, Format } from '../format.ts';
import { RecordDecoder } from '../record-decoder.ts';
import { CsvEncoder } from './csv-encoder.ts';
import { csvOptionSpecs } from './csv-options.ts';
import { CsvProgram } from './csv-program.ts';

const programs = new WeakMap<DecoderRequest, CsvProgram>();

/** `csv`: a line a record, values by position. A header line is data, as in Flink. */
export const csvFormat: Format = {
  name: 'csv',
  options: csvOptionSpecs,
  changes: 'append',
  metadata: new Map(),
  nestedPaths: false,
  lineFeeds: 'syntax',
  earlyFilter: false,
  decoder(request) {
    checkTypes(request.tableColumns);
    let program = programs.get(request);
    if (program === undefined) {
      program = new CsvProgram(request);
      programs.set(request, program);
    }
    return new RecordDecoder(request.memory, program, request.rowsMax);
  },
  encoder(request) {
    checkTypes(request.schema);
    return new CsvEncoder(request);
  },
  release(request) {
    programs.get(request)?.close();
    programs.delete(request);
  },
};

/** CSV has no maps. */
export function checkTypes(columns: Schema): void {
  for (const { name, type } of columns) {
    if (type.kind === 'MAP' || type.kind === 'MULTISET' || type.kind === 'VARIANT') {
      fail('O007', null, `csv cannot hold column "${name}" of type ${typeText(type)}`);
    }
  }
}
