import type { OptionSpec } from '../../catalog/options.ts';
import type { Table } from '../../catalog/table.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { scanParallelism } from '../common-options.ts';

/** Every field option by what it does: the reference, and the source of the options of a given table. */
const fieldOptions = {
  // No enumeration: Flink compares it letter by letter.
  kind: {
    type: 'string',
    default: 'random',
    doc: 'Random values, or a sequence that ends the table.',
  },
  min: { type: 'string', doc: 'The least random value.' },
  max: { type: 'string', doc: 'The greatest random value.' },
  start: { type: 'string', required: true, doc: "The sequence's first value." },
  end: { type: 'string', required: true, doc: "The sequence's last value." },
  length: {
    type: 'int',
    doc: 'Characters, bytes or elements: 100 for text and binary, 3 for collections, else as the type says.',
  },
  'var-len': { type: 'boolean', default: 'false', doc: 'Random lengths up to the length.' },
  'max-past': { type: 'duration', default: '0 s', doc: 'Random times lie so far back at most.' },
  'null-rate': { type: 'double', default: '0', doc: 'The share of NULLs, 0 to 1.' },
} as const satisfies Record<string, Omit<OptionSpec, 'name'>>;

type FieldOption = keyof typeof fieldOptions;

const tableOptions: readonly OptionSpec[] = [
  { name: 'rows-per-second', type: 'long', min: 1, default: '10000', doc: 'Rows that are made in a second at most.' },
  {
    name: 'number-of-rows',
    type: 'long',
    doc: 'The table ends after so many rows; without it and without a sequence it never does.',
  },
  scanParallelism,
];

/** For the reference: `#` stands for a column's name. */
export const datagenOptions: readonly OptionSpec[] = [
  ...tableOptions,
  ...Object.entries(fieldOptions).map(([name, spec]): OptionSpec => {
    const { required: _, ...rest }: Omit<OptionSpec, 'name'> = spec;
    return { ...rest, name: `fields.#.${name}`, pattern: true };
  }),
];

/** The options that fit a table's columns. */
export function optionsForTable(table: Table): readonly OptionSpec[] {
  const specs = [...tableOptions];
  for (const column of table.columns) {
    if (column.kind === 'physical') addField(specs, `fields.${column.name}`, column.type, table);
  }
  return specs;
}

function addField(specs: OptionSpec[], prefix: string, type: SqlType, table: Table): void {
  const add = (...names: FieldOption[]): void => {
    for (const name of names) specs.push({ ...fieldOptions[name], name: `${prefix}.${name}` });
  };
  if (type.kind === 'ROW') {
    for (const field of type.fields) addField(specs, `${prefix}.${field.name}`, field.type, table);
    add('null-rate');
    return;
  }
  add('kind');
  if (isSequence(table, prefix) && canBeSequence(type)) {
    add('start', 'end');
    return;
  }
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      add('min', 'max', 'null-rate');
      break;
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      add('length', 'var-len', 'null-rate');
      break;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      add('max-past', 'null-rate');
      break;
    case 'ARRAY':
      add('length', 'null-rate');
      addField(specs, `${prefix}.element`, type.element, table);
      break;
    case 'MULTISET':
      add('length', 'null-rate');
      addField(specs, `${prefix}.element`, type.element, table);
      break;
    case 'MAP':
      add('length', 'null-rate');
      addField(specs, `${prefix}.key`, type.key, table);
      addField(specs, `${prefix}.value`, type.value, table);
      break;
    case 'BOOLEAN':
    case 'DATE':
    case 'TIME':
      if (!isSequence(table, prefix)) add('null-rate');
      break;
    case 'VARIANT':
    case 'NULL': // refused before
      break;
  }
}

export function isSequence(table: Table, prefix: string): boolean {
  return table.options.get(`${prefix}.kind`)?.value === 'sequence';
}

export function canBeSequence(type: SqlType): boolean {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
    case 'CHAR':
    case 'VARCHAR':
      return true;
    default:
      return false;
  }
}
