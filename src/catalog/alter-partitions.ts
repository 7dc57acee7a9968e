import { error, fail } from '../diagnostics/diagnostic.ts';
import type { ErrorCollector } from '../diagnostics/error-collector.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { AddPartitions, DropPartitions, Expression, PartitionValue } from '../sql/ast.ts';
import { optionsOf } from './declare-table.ts';
import type { Table, TablePartition } from './table.ts';

/** A table's list of partitions after ADD or DROP PARTITION. The files of a partition are left alone. */
export function alterPartitions(table: Table, action: AddPartitions | DropPartitions, errors: ErrorCollector): Table {
  requirePartitioned(table, action.span);
  let { partitions } = table;
  for (const partition of action.partitions) {
    errors.attempt(() => {
      const values = partitionValues(table, partition.values, partition.span);
      const text = partitionText(table, values);
      const known = partitions.find((each) => partitionText(table, each.values) === text);
      if (partition.kind === 'newPartition') {
        if (known === undefined) partitions = [...partitions, { values, options: optionsOf(partition) }];
        else if (!('ifNotExists' in action && action.ifNotExists))
          errors.add(
            error('B015', partition.span, `partition "${text}" exists already`, { help: 'write IF NOT EXISTS' }),
          );
        return;
      }
      if (known !== undefined) partitions = partitions.filter((each) => each !== known);
      else if (!('ifExists' in action && action.ifExists)) {
        const help = partitions.map((each) => partitionText(table, each.values)).join(', ');
        fail('B039', partition.span, `unknown partition "${text}"`, {
          help: help === '' ? `"${table.path.name}" was told of none by ADD PARTITION` : `there are: ${help}`,
        });
      }
    });
  }
  return { ...table, partitions };
}

/** `city=Oslo/day=3`, as SHOW PARTITIONS lists it. */
export function partitionText({ partitionedBy }: Table, values: TablePartition['values']): string {
  return partitionedBy.map((name, at) => `${name}=${values[at] ?? 'null'}`).join('/');
}

/** @throws DiagnosticError B039 */
export function requirePartitioned({ partitionedBy, path }: Table, span: Span): void {
  if (partitionedBy.length === 0)
    fail('B039', span, `"${path.name}" is not partitioned`, { help: 'declare it PARTITIONED BY (...)' });
}

/** The texts of all partition keys. @throws DiagnosticError B019 where not exactly those are given */
function partitionValues(table: Table, written: readonly PartitionValue[], span: Span): TablePartition['values'] {
  const names = written.map(({ column }) => column.name);
  const { partitionedBy } = table;
  const doFit = names.length === partitionedBy.length && partitionedBy.every((name) => names.includes(name));
  if (!doFit)
    fail('B019', span, `the partition gives ${names.join(', ')}`, {
      help: `"${table.path.name}" is partitioned by ${partitionedBy.join(', ')}: each has a value`,
    });
  return partitionedBy.map((name) => partitionValueText(written[names.indexOf(name)]!));
}

/** @throws DiagnosticError B007 for what is no literal */
export function partitionValueText({ value, span }: PartitionValue): string | null {
  if (value === null) fail('B007', span, 'the partition key has no value', { help: "write key = 'value'" });
  return (
    literalText(value) ?? (value.kind === 'nullLiteral' ? null : fail('B007', value.span, 'a literal is expected'))
  );
}

function literalText(value: Expression): string | null {
  switch (value.kind) {
    case 'stringLiteral':
      return value.value;
    case 'numberLiteral':
      return value.text;
    case 'dateTimeLiteral':
      return value.text;
    case 'booleanLiteral':
      return value.value === null ? null : String(value.value);
    case 'unary': {
      const operand = value.operator === '-' && value.operand.kind === 'numberLiteral' ? value.operand.text : null;
      return operand === null ? null : `-${operand}`;
    }
    default:
      return null;
  }
}
