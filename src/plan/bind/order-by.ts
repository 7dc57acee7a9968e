import { fail } from '../../diagnostics/diagnostic.ts';
import type { OrderItem, Select, SelectItem } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import { typeText } from '../../types/sql-type.ts';
import type { SortKey } from '../logical.ts';
import { sortKeyOf } from './bound-query.ts';
import { type Syntax, withNodes } from './syntax.ts';

/** What a query is ordered by: columns of its own, and expressions that must be computed beside them. */
export interface Ordering {
  /** A column at or behind the query's own width is one of `hidden`. */
  readonly keys: readonly SortKey[];
  readonly hidden: readonly Syntax[];
}

/**
 * An ORDER BY item is the place of a column (`2`), the name of one, or an expression. An expression may use the aliases
 * of the SELECT list, and else means the rows that the list is made of.
 */
export function orderingOf(items: readonly OrderItem[], schema: Schema, select: Select | null): Ordering {
  const hidden: Syntax[] = [];
  const aliases = aliasesOf(select?.items ?? []);
  const keys = items.map((item) => {
    const place = placeOf(item.value, schema);
    if (place !== null) return sortKeyOf(item, place);
    hidden.push(
      withNodes(item.value, (node) =>
        node.kind === 'columnReference' && node.name.parts.length === 1
          ? (aliases.get(node.name.parts[0]?.name ?? '') ?? null)
          : null,
      ),
    );
    return sortKeyOf(item, schema.length + hidden.length - 1);
  });
  return { keys, hidden };
}

/** @throws DiagnosticError B005 for values that are neither smaller nor greater than each other */
export function refuseUnordered(items: readonly OrderItem[], keys: readonly SortKey[], schema: Schema): void {
  for (const [at, { column }] of keys.entries()) {
    const type = schema[column]?.type;
    if (type?.kind === 'MAP' || type?.kind === 'MULTISET')
      fail('B005', items[at]?.span ?? null, `rows cannot be ordered by ${typeText(type)}`);
  }
}

function placeOf(value: Syntax, schema: Schema): number | null {
  if (value.kind === 'numberLiteral' && value.form === 'integer') {
    const place = Number(value.text) - 1;
    if (schema[place] === undefined)
      fail('B019', value.span, `ORDER BY ${value.text}: there are ${schema.length} columns`);
    return place;
  }
  if (value.kind !== 'columnReference' || value.name.parts.length !== 1) return null;
  const at = schema.findIndex(({ name }) => name === value.name.parts[0]?.name);
  return at < 0 ? null : at;
}

function aliasesOf(items: readonly SelectItem[]): ReadonlyMap<string, Syntax> {
  return new Map(items.flatMap(({ value, alias }) => (alias === null ? [] : [[alias.name, value] as const])));
}
