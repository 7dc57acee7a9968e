import { unreachable } from '../../types/unreachable.ts';
import type { Expression, GroupingItem, Query, QueryBody, Select, WithItem } from '../ast.ts';
import { formatHints, formatOrderItems, formatRow, formatWindow } from './clauses.ts';
import { formatExpression } from './expressions.ts';
import { clauseBreak, layout } from './layout.ts';
import { flag, formatIdentifier, formatName, formatNames, optional } from './names.ts';
import { formatTable } from './tables.ts';

export function formatQuery(query: Query): string {
  const lead =
    query.with === null
      ? ''
      : `WITH${flag(query.with.isRecursive, 'RECURSIVE')} ${query.with.items.map(formatWithItem).join(', ')} `;
  const before = clauseBreak();
  const order = query.orderBy.length === 0 ? '' : `${before}ORDER BY ${formatOrderItems(query.orderBy)}`;
  const offset = query.offset === null ? '' : `${before}OFFSET ${formatExpression(query.offset)} ROWS`;
  const count = query.limit === null ? '' : query.limit.count === null ? 'ALL' : formatExpression(query.limit.count);
  const limit = query.limit?.form === 'LIMIT' ? ` LIMIT ${count}` : '';
  const fetch = query.limit?.form === 'FETCH' ? ` FETCH FIRST ${count} ROWS ONLY` : '';
  if (layout.isLong) {
    const next = query.limit === null || count === 'ALL' ? '' : `\nFETCH NEXT ${count || '1'} ROWS ONLY`;
    return `${lead}${formatBody(query.body)}${order}${offset}${next}`;
  }
  return `${lead}${formatBody(query.body)}${order}${limit}${offset}${fetch}`;
}

function formatWithItem({ name, columns, query }: WithItem): string {
  return `${formatIdentifier(name)}${columns === null ? '' : ` ${formatNames(columns)}`} AS (${formatQuery(query)})`;
}

/** Written flat: the operands of set operations that need brackets have them in the tree. */
function formatBody(body: QueryBody): string {
  switch (body.kind) {
    case 'select':
      return formatSelect(body);
    case 'values':
      if (layout.isLong) return `VALUES ${body.rows.map(({ fields }) => formatLongRow(fields)).join(',\n')}`;
      return `VALUES ${body.rows.map(({ fields }) => formatRow(fields)).join(', ')}`;
    case 'explicitTable':
      return `TABLE ${formatName(body.name)}`;
    case 'parenthesizedQuery':
      return `(${formatQuery(body.query)})`;
    case 'setOperation': {
      const quantifier = body.quantifier === 'ALL' ? ' ALL' : '';
      const lead = clauseBreak();
      return `${formatBody(body.left)}${lead}${body.operator}${quantifier}${lead}${formatBody(body.right)}`;
    }
    default:
      return unreachable(body);
  }
}

function formatLongRow(fields: readonly Expression[]): string {
  return `ROW(${fields.map(formatExpression).join(', ')})`;
}

function formatSelect(select: Select): string {
  const lead = clauseBreak();
  const items = select.items.map(
    ({ value, alias }) => formatExpression(value) + optional(' AS ', alias && formatIdentifier(alias)),
  );
  const head = `SELECT${formatHints(select.hints)}${flag(select.isStream, 'STREAM')}${optional(' ', select.quantifier)} ${items.join(', ')}`;
  if (select.from === null) return head;
  const where = select.where === null ? '' : `${lead}WHERE ${formatExpression(select.where)}`;
  const having = select.having === null ? '' : `${lead}HAVING ${formatExpression(select.having)}`;
  const qualify = select.qualify === null ? '' : `${lead}QUALIFY ${formatExpression(select.qualify)}`;
  const windows = select.windows.map(({ name, window }) => `${formatIdentifier(name)} AS ${formatWindow(window)}`);
  const windowClause = windows.length === 0 ? '' : `${lead}WINDOW ${windows.join(', ')}`;
  const group =
    select.groupBy === null
      ? ''
      : `${lead}GROUP BY${optional(' ', select.groupBy.quantifier)} ${select.groupBy.items.map(formatGroupingItem).join(', ')}`;
  return `${head}${lead}FROM ${formatTable(select.from)}${where}${group}${having}${windowClause}${qualify}`;
}

function formatGroupingItem(item: GroupingItem): string {
  if (item.kind === 'emptyGrouping') return '()';
  if (item.kind === 'groupingSets')
    return `${item.form}${layout.isLong ? '' : ' '}(${item.items.map(formatGroupingItem).join(', ')})`;
  return formatExpression(item);
}
