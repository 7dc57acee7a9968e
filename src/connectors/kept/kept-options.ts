import type { OptionSpec } from '../../catalog/options.ts';
import { optionValues } from '../../catalog/read-options.ts';
import type { KeptKind, Table } from '../../catalog/table.ts';

/** What any table that is read takes: which rows are kept that would be lost, and how many. */
export const keptOptions: readonly OptionSpec[] = [
  {
    name: 'tidemark.on-error',
    type: 'enum',
    values: ['fail', 'keep'],
    default: 'fail',
    doc: 'A row that cannot be decoded or computed fails the job, as in Flink, or is kept in `t$errors`, and the job goes on.',
  },
  {
    name: 'tidemark.late.rows',
    type: 'enum',
    values: ['keep', 'drop'],
    default: 'keep',
    doc: 'Rows that are dropped for being late are kept in `t$late`, or only counted.',
  },
  ...(['late', 'errors'] as const).flatMap((kind): OptionSpec[] => [
    {
      name: `tidemark.${kind}.max-size`,
      type: 'memory',
      default: '64 mb',
      doc: `So much is kept in \`t$${kind}\`, the oldest going first; 16 MB at most where it is kept in memory.`,
    },
    {
      name: `tidemark.${kind}.max-age`,
      type: 'duration',
      default: '7 d',
      doc: `So long a row is kept in \`t$${kind}\`.`,
    },
  ]),
];

/** How much is kept, and how long. */
export interface KeptBounds {
  readonly bytesMax: number;
  readonly ageMaxMs: number;
}

/** Null where such rows of the table are not kept. */
export function keptBounds(table: Table, kind: KeptKind): KeptBounds | null {
  const options = optionValues(table.options, keptOptions);
  const isOn =
    kind === 'late' ? options.string('tidemark.late.rows') === 'keep' : options.string('tidemark.on-error') === 'keep';
  return isOn ? boundsOf(table, kind) : null;
}

/** Also of a table whose rows are not kept now, but have been. */
export function boundsOf(table: Table, kind: KeptKind): KeptBounds {
  const options = optionValues(table.options, keptOptions);
  return {
    bytesMax: options.memoryBytes(`tidemark.${kind}.max-size`) ?? 0,
    ageMaxMs: options.durationMs(`tidemark.${kind}.max-age`) ?? 0,
  };
}
