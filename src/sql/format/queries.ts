import { unreachable } from '../../types/unreachable.ts';
import type { GroupingItem, Query, QueryBody, Select, WithItem } from '../ast.ts';
import { formatHints, formatOrderItems, formatRow, formatWindow } from './clauses.ts';
import { formatExpression } from './expressions.ts';
import { flag, formatIdentifier, formatName, formatNames, optional } from './names.ts';
import { formatTable } from './tables.ts';

export function formatQuery(query: Query): string {
  const lead =
    query.with === null
      ? ''
      : `WITH${flag(query.with.isRecursive, 'RECURSIVE')} ${query.with.items.map(formatWithItem).join(', ')} `;
  const order = query.orderBy.length === 0 ? '' : ` ORDER BY ${formatOrderItems(query.orderBy)}`;
  const offset = query.offset === null ? '' : ` OFFSET ${formatExpression(query.offset)} ROWS`;
  const count = query.limit === null ? '' : query.limit.count === null ? 'ALL' : formatExpression(query.limit.count);
  const limit = query.limit?.form === 'LIMIT' ? ` LIMIT ${count}` : '';
  const fetch = query.limit?.form === 'FETCH' ? ` FETCH FIRST ${count} ROWS ONLY` : '';
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
      return `VALUES ${body.rows.map(({ fields }) => formatRow(fields)).join(', ')}`;
    case 'explicitTable':
      return `TABLE ${formatName(body.name)}`;
    case 'parenthesizedQuery':
      return `(${formatQuery(body.query)})`;
    case 'setOperation': {
      const quantifier = body.quantifier === 'ALL' ? ' ALL' : '';
      return `${formatBody(body.left)} ${body.operator}${quantifier} ${formatBody(body.right)}`;
    }
    default:
      return unreachable(body);
  }
}

function formatSelect(select: Select): string {
  const items = select.items.map(
    ({ value, alias }) => formatExpression(value) + optional(' AS ', alias && formatIdentifier(alias)),
  );
  const head = `SELECT${formatHints(select.hints)}${flag(select.isStream, 'STREAM')}${optional(' ', select.quantifier)} ${items.join(', ')}`;
  if (select.from === null) return head;
  const where = select.where === null ? '' : ` WHERE ${formatExpression(select.where)}`;
  const having = select.having === null ? '' : ` HAVING ${formatExpression(select.having)}`;
  const qualify = select.qualify === null ? '' : ` QUALIFY ${formatExpression(select.qualify)}`;
  const windows = select.windows.map(({ name, window }) => `${formatIdentifier(name)} AS ${formatWindow(window)}`);
  const windowClause = windows.length === 0 ? '' : ` WINDOW ${windows.join(', ')}`;
  const group =
    select.groupBy === null
      ? ''
      : ` GROUP BY${optional(' ', select.groupBy.quantifier)} ${select.groupBy.items.map(formatGroupingItem).join(', ')}`;
  return `${head} FROM ${formatTable(select.from)}${where}${group}${having}${windowClause}${qualify}`;
}

function formatGroupingItem(item: GroupingItem): string {
  if (item.kind === 'emptyGrouping') return '()';
  if (item.kind === 'groupingSets') return `${item.form} (${item.items.map(formatGroupingItem).join(', ')})`;
  return formatExpression(item);
}
