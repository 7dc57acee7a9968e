import { unreachable } from '../../types/unreachable.ts';
import type {
  Join,
  MatchRecognize,
  Pattern,
  Pivot,
  TableAlias,
  TableExpression,
  TableSample,
  Unpivot,
} from '../ast.ts';
import { formatHints, formatOrderItems, formatRow } from './clauses.ts';
import { formatArguments, formatExpression, formatExpressions } from './expressions.ts';
import { clauseBreak } from './layout.ts';
import { flag, formatIdentifier, formatName, formatNames, formatText, optional } from './names.ts';
import { recursion } from './recursion.ts';

export function formatTable(table: TableExpression): string {
  switch (table.kind) {
    case 'tableReference': {
      const asOf = table.asOf === null ? '' : ` FOR SYSTEM_TIME AS OF ${formatExpression(table.asOf)}`;
      return `${formatName(table.name)}${formatHints(table.hints)}${asOf}${aliasOf(table.alias)}`;
    }
    case 'derivedTable':
      return `${lateral(table.isLateral)}(${recursion.query(table.query)})${aliasOf(table.alias)}`;
    case 'tableFunction': {
      const call = `${table.isSpecific ? 'SPECIFIC ' : ''}${formatName(table.name)}(${formatArguments(table.arguments)})`;
      return `${lateral(table.isLateral)}${table.isWrapped ? `TABLE(${call})` : call}${aliasOf(table.alias)}`;
    }
    case 'unnest': {
      const ordinality = flag(table.withOrdinality, 'WITH ORDINALITY');
      return `${lateral(table.isLateral)}UNNEST(${formatExpressions(table.values)})${ordinality}${aliasOf(table.alias)}`;
    }
    case 'matchRecognize':
      return formatMatch(table);
    case 'pivot':
      return formatPivot(table);
    case 'unpivot':
      return formatUnpivot(table);
    case 'tableSample':
      return formatSample(table);
    case 'join':
      return formatJoin(table);
    case 'parenthesizedJoin':
      return `(${formatTable(table.join)})${aliasOf(table.alias)}`;
    default:
      return unreachable(table);
  }
}

function lateral(isLateral: boolean): string {
  return isLateral ? 'LATERAL ' : '';
}

function aliasOf(alias: TableAlias | null): string {
  if (alias === null) return '';
  return ` AS ${formatIdentifier(alias.name)}${alias.columns === null ? '' : ` ${formatNames(alias.columns)}`}`;
}

/** Joins bind from the left; a join on the right stands in brackets, which the tree has. */
function formatJoin(join: Join): string {
  const right = formatTable(join.right);
  const lead = clauseBreak();
  if (join.type === 'COMMA') return `${formatTable(join.left)},${lead}${right}`;
  const words = `${join.isNatural ? 'NATURAL ' : ''}${join.type} JOIN`;
  const { condition } = join;
  const tail =
    condition === null
      ? ''
      : condition.kind === 'joinOn'
        ? ` ON ${formatExpression(condition.condition)}`
        : ` USING ${formatNames(condition.columns)}`;
  return `${formatTable(join.left)}${lead}${words} ${right}${tail}`;
}

function formatSample({ table, method, amount, substitute, repeatable }: TableSample): string {
  const size = substitute === null ? amount && formatExpression(amount) : formatText(substitute);
  const seed = repeatable === null ? '' : ` REPEATABLE (${formatExpression(repeatable)})`;
  return `${formatTable(table)} TABLESAMPLE ${method} (${size ?? ''})${seed}`;
}

function formatPivot({ table, aggregates, axes, values, alias }: Pivot): string {
  const calls = aggregates.map(
    (item) => formatExpression(item.call) + optional(' AS ', item.alias && formatIdentifier(item.alias)),
  );
  const rows = values.map((item) => formatRow(item.row) + optional(' AS ', item.alias && formatIdentifier(item.alias)));
  return `${formatTable(table)} PIVOT (${calls.join(', ')} FOR ${formatNames(axes)} IN (${rows.join(', ')}))${aliasOf(alias)}`;
}

function formatUnpivot({ table, nulls, measures, axes, values, alias }: Unpivot): string {
  const rows = values.map(({ columns, row }) => formatNames(columns) + (row === null ? '' : ` AS ${formatRow(row)}`));
  const body = `${formatNames(measures)} FOR ${formatNames(axes)} IN (${rows.join(', ')})`;
  return `${formatTable(table)} UNPIVOT${nulls === null ? '' : ` ${nulls} NULLS`} (${body})${aliasOf(alias)}`;
}

function formatMatch(match: MatchRecognize): string {
  const { variable, skip } = match.afterMatch ?? { variable: null, skip: null };
  const subsets = match.subsets.map(
    ({ name, variables }) => `${formatIdentifier(name)} = (${formatExpressions(variables)})`,
  );
  const definitions = match.definitions.map(
    (item) => `${formatIdentifier(item.variable)} AS ${formatExpression(item.condition)}`,
  );
  const measures = match.measures.map(({ value, name }) => `${formatExpression(value)} AS ${formatIdentifier(name)}`);
  const pattern = `${match.isAnchoredAtStart ? '^ ' : ''}${formatPattern(match.pattern)}${match.isAnchoredAtEnd ? ' $' : ''}`;
  const parts = [
    match.partitionBy.length === 0 ? '' : `PARTITION BY ${formatExpressions(match.partitionBy)}`,
    match.orderBy.length === 0 ? '' : `ORDER BY ${formatOrderItems(match.orderBy)}`,
    measures.length === 0 ? '' : `MEASURES ${measures.join(', ')}`,
    match.rowsPerMatch === null ? '' : match.rowsPerMatch === 'ONE' ? 'ONE ROW PER MATCH' : 'ALL ROWS PER MATCH',
    skip === null ? '' : `AFTER MATCH SKIP ${skip}${variable === null ? '' : ` ${formatIdentifier(variable)}`}`,
    `PATTERN (${pattern})`,
    match.within === null ? '' : `WITHIN ${formatExpression(match.within)}`,
    subsets.length === 0 ? '' : `SUBSET ${subsets.join(', ')}`,
    `DEFINE ${definitions.join(', ')}`,
  ];
  return `${formatTable(match.table)} MATCH_RECOGNIZE (${parts.filter((part) => part !== '').join(' ')})${aliasOf(match.alias)}`;
}

function formatPattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'patternVariable':
      return formatIdentifier(pattern.name);
    case 'patternSequence':
      return pattern.items.map(formatPattern).join(' ');
    case 'patternAlternation':
      return pattern.items.map(formatPattern).join(' | ');
    case 'patternGroup':
      return `(${formatPattern(pattern.pattern)})`;
    case 'patternExclusion':
      return `{- ${formatPattern(pattern.pattern)} -}`;
    case 'patternPermute':
      return `PERMUTE(${pattern.items.map(formatPattern).join(', ')})`;
    case 'patternQuantified':
      return `${formatPattern(pattern.item)}${quantifierOf(pattern.min, pattern.max)}${pattern.isReluctant ? '?' : ''}`;
    default:
      return unreachable(pattern);
  }
}

function quantifierOf(min: number | null, max: number | null): string {
  if (min === 0 && max === null) return '*';
  if (min === 1 && max === null) return '+';
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min ?? ''},${max ?? ''}}`;
}
