import type { OptionSpec } from '../../catalog/options.ts';
import { type Batch, changeKindText } from '../../memory/batch.ts';
import { columnReaders, kindReader } from '../../memory/batch-reader.ts';
import { sinkParallelism, watermarkOptions } from '../common-options.ts';
import type { Connector, Sink, SinkRequest } from '../connector.ts';
import { printText } from './print-text.ts';

const options: readonly OptionSpec[] = [
  { name: 'print-identifier', type: 'string', doc: 'Written before each row, with `> `.' },
  {
    name: 'standard-error',
    type: 'boolean',
    default: 'false',
    doc: 'Writes to standard error instead of standard output.',
  },
  sinkParallelism,
  ...watermarkOptions,
];

/** `print`: a line a row on standard output, `+I[a, b]`; every change is shown. */
export const printConnector: Connector = {
  name: 'print',
  options,
  format: 'none',
  metadata: new Map(),
  sink: (request) => printSink(request),
  guarantee: () => ({
    kind: 'at-least-once',
    how: 'lines are written at once, and those behind the last checkpoint again',
  }),
};

function printSink(request: SinkRequest): Sink {
  const { memory, options: given, standardOutput, standardError } = request;
  const identifier = given.string('print-identifier') ?? '';
  const prefix = identifier === '' ? '' : `${identifier}> `;
  const write = given.boolean('standard-error') === true ? standardError : standardOutput;
  return {
    accepts: 'all',
    open: async () => {},
    write(batch: Batch): void {
      const readers = columnReaders(memory, batch);
      const kindOf = kindReader(memory, batch);
      let lines = '';
      for (let row = 0; row < batch.rowCount; row++) {
        const values = batch.schema.map(({ type }, column) => printText(readers[column]?.(row) ?? null, type));
        lines += `${prefix}${changeKindText[kindOf(row)]}[${values.join(', ')}]\n`;
      }
      write(lines);
    },
    finish: async () => {},
    abort: async () => {},
  };
}
