import { fail } from '../diagnostics/diagnostic.ts';
import type { TableLike, TableLikeOption } from '../sql/ast.ts';
import type { Table, TableColumn } from './table.ts';

/** What a table declares before its LIKE clause is resolved. */
export type TableParts = Pick<
  Table,
  'columns' | 'watermark' | 'primaryKey' | 'partitionedBy' | 'distribution' | 'options'
>;

type Strategy = TableLikeOption['strategy'];
type Feature = Exclude<TableLikeOption['feature'], 'ALL'>;

const features: readonly Feature[] = [
  'CONSTRAINTS',
  'DISTRIBUTION',
  'GENERATED',
  'METADATA',
  'OPTIONS',
  'PARTITIONS',
  'WATERMARKS',
];
const overwritable: ReadonlySet<TableLikeOption['feature']> = new Set([
  'GENERATED',
  'METADATA',
  'OPTIONS',
  'WATERMARKS',
]);

/**
 * A new table's parts laid over those of the table that LIKE names: everything is taken over, and of options the new
 * ones win, unless the clause says otherwise. Physical columns are always taken over.
 * @throws DiagnosticError B037 for a part that both have
 */
export function mergeLike(own: TableParts, base: Table, like: TableLike): TableParts {
  const rules = strategies(like);
  return {
    columns: mergeColumns(own.columns, base.columns, rules),
    watermark: mergeWatermark(own, base, rules, like),
    primaryKey: mergeKey(own, base, rules),
    // Flink keeps the partitioning even when it is EXCLUDED.
    partitionedBy: own.partitionedBy.length > 0 ? mergePartitions(own, base, rules, like) : base.partitionedBy,
    distribution: mergeDistribution(own, base, rules, like),
    options: mergeOptions(own, base, rules),
  };
}

type Rules = ReadonlyMap<Feature, Strategy>;

function strategies(like: TableLike): Rules {
  const rules = new Map<Feature, Strategy>(features.map((feature) => [feature, 'INCLUDING']));
  rules.set('OPTIONS', 'OVERWRITING');
  const written = new Set<string>();
  for (const option of like.options) {
    if (option.strategy === 'OVERWRITING' && !overwritable.has(option.feature)) {
      const help = `${option.feature} can be INCLUDING or EXCLUDING`;
      fail('B037', option.span, `${option.feature} cannot be OVERWRITING`, { help });
    }
    if (written.has(option.feature)) fail('B037', option.span, `a second rule for ${option.feature}`);
    written.add(option.feature);
    if (option.feature === 'ALL') for (const feature of features) rules.set(feature, option.strategy);
  }
  for (const option of like.options) {
    if (option.feature !== 'ALL') rules.set(option.feature, option.strategy);
  }
  return rules;
}

function mergeColumns(own: readonly TableColumn[], base: readonly TableColumn[], rules: Rules): TableColumn[] {
  const columns = new Map<string, TableColumn>();
  for (const column of base) {
    const isLeftOut = column.kind !== 'physical' && rules.get(featureOf(column)) === 'EXCLUDING';
    if (!isLeftOut) columns.set(column.name, column);
  }
  const inherited = new Set(columns.keys());
  for (const column of own) {
    const before = columns.get(column.name);
    if (before !== undefined && inherited.has(column.name)) refuseColumn(column, before, rules);
    else if (before !== undefined) fail('B013', column.span, `column "${column.name}" is declared twice`);
    columns.set(column.name, column);
  }
  return [...columns.values()];
}

function featureOf(column: TableColumn): Feature {
  return column.kind === 'computed' ? 'GENERATED' : 'METADATA';
}

function refuseColumn(column: TableColumn, before: TableColumn, rules: Rules): void {
  const isSameKind = column.kind !== 'physical' && column.kind === before.kind;
  if (isSameKind && rules.get(featureOf(column)) === 'OVERWRITING') return;
  const feature = featureOf(column);
  fail('B037', column.span, `the table after LIKE has a column "${column.name}" already`, {
    notes: [{ message: 'declared here', span: before.span }],
    help: isSameKind ? `write EXCLUDING ${feature} or OVERWRITING ${feature}` : undefined,
  });
}

function mergeWatermark(own: TableParts, base: Table, rules: Rules, like: TableLike): Table['watermark'] {
  const rule = rules.get('WATERMARKS');
  const inherited = rule === 'EXCLUDING' ? null : base.watermark;
  if (own.watermark === null || inherited === null) return own.watermark ?? inherited;
  if (rule === 'OVERWRITING' && own.watermark.column === inherited.column) return own.watermark;
  fail('B037', own.watermark.span, 'the table after LIKE has a watermark already', {
    notes: [
      { message: 'declared here', span: inherited.span },
      { message: 'taken over here', span: like.span },
    ],
    help: 'write EXCLUDING WATERMARKS or OVERWRITING WATERMARKS',
  });
}

function mergeKey(own: TableParts, base: Table, rules: Rules): Table['primaryKey'] {
  const inherited = rules.get('CONSTRAINTS') === 'EXCLUDING' ? null : base.primaryKey;
  if (own.primaryKey !== null && inherited !== null) {
    const notes = [{ message: 'declared here', span: inherited.span }];
    const help = 'write EXCLUDING CONSTRAINTS';
    fail('B037', own.primaryKey.span, 'the table after LIKE has a primary key already', { notes, help });
  }
  return own.primaryKey ?? inherited;
}

function mergePartitions(own: TableParts, base: Table, rules: Rules, like: TableLike): readonly string[] {
  if (base.partitionedBy.length > 0 && rules.get('PARTITIONS') !== 'EXCLUDING') {
    const help = 'write EXCLUDING PARTITIONS';
    fail('B037', like.span, 'the table after LIKE is partitioned already', { help });
  }
  return own.partitionedBy;
}

function mergeDistribution(own: TableParts, base: Table, rules: Rules, like: TableLike): Table['distribution'] {
  const inherited = rules.get('DISTRIBUTION') === 'EXCLUDING' ? null : base.distribution;
  if (own.distribution !== null && inherited !== null) {
    const help = 'write EXCLUDING DISTRIBUTION';
    fail('B037', like.span, 'the table after LIKE is distributed already', { help });
  }
  return own.distribution ?? inherited;
}

function mergeOptions(own: TableParts, base: Table, rules: Rules): Table['options'] {
  const rule = rules.get('OPTIONS');
  if (rule === 'EXCLUDING') return own.options;
  const options = new Map(base.options);
  for (const [key, option] of own.options) {
    const before = base.options.get(key);
    if (before !== undefined && rule === 'INCLUDING') {
      fail('B037', option.keySpan, `the table after LIKE has the option "${key}" already`, {
        notes: [{ message: `'${before.value}' here`, span: before.valueSpan }],
        help: 'write EXCLUDING OPTIONS or OVERWRITING OPTIONS',
      });
    }
    options.set(key, option);
  }
  return options;
}
