import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Expression } from '../expression.ts';
import {
  isAppendOnly,
  type JoinKey,
  type LogicalJoin,
  type LogicalNode,
  type LogicalScan,
  type LookupMethod,
  type TableLookup,
} from '../logical.ts';
import { joinNode } from '../nodes.ts';
import { mapColumns } from '../same-expression.ts';
import { call } from './calls.ts';
import type { LookupHint } from './lookup-hint.ts';

/** How a table is looked up where the hint does not say. */
export interface LookupDefaults {
  readonly capacity: number;
  readonly timeoutMs: number;
}

/** The scan that a side's rows come from, row by row; null where there is more to it. */
export function scannedTable(node: LogicalNode): LogicalScan | null {
  switch (node.kind) {
    case 'scan':
      return node;
    case 'filter':
    case 'project':
    case 'watermark':
      return scannedTable(node.input);
    default:
      return null;
  }
}

/**
 * A join by a processing time with a table that is looked up: the equalities with the columns that it is asked by are its
 * keys, in their order, and the others are the rest of the condition.
 * @throws DiagnosticError B032, B042
 */
export function lookupJoin(
  join: LogicalJoin,
  lookup: TableLookup,
  hint: LookupHint | null,
  { capacity, timeoutMs }: LookupDefaults,
  span: Span,
): LogicalJoin {
  const method: LookupMethod = {
    kind: 'lookup',
    isWhole: lookup.keys === null,
    cache: lookup.cache,
    retry: hint?.retry ?? null,
    capacity: hint?.isAsync === false ? 1 : (hint?.capacity ?? capacity),
    timeoutMs: hint?.timeoutMs ?? timeoutMs,
  };
  if (!isAppendOnly(join.right.changes)) {
    fail('B032', span, 'a table that is looked up has rows, and this one has changes', {
      help: 'join it as of an event time',
    });
  }
  if (lookup.keys === null) return joinNode(join.left, join.right, { ...join, method }, join.span);
  const keys = lookup.keys.map((name) => keyNamed(name, join, span));
  const others = join.keys.filter((key) => !keys.includes(key)).map((key) => equality(key, join));
  const conditions = [...others, ...(join.condition === null ? [] : [join.condition])];
  const [first, ...rest] = conditions;
  const condition = first === undefined ? null : rest.reduce((all, next) => call('AND', [all, next], join.span), first);
  return joinNode(join.left, join.right, { ...join, keys, condition, method }, join.span);
}

/** The equality with a column that the table is asked by. @throws DiagnosticError B042 */
function keyNamed(name: string, { right, keys }: LogicalJoin, span: Span): JoinKey {
  const isNamed = ({ right: own }: JoinKey): boolean =>
    own.kind === 'column' && scannedColumn(right, own.index) === name;
  return (
    keys.find(isNamed) ??
    fail('B042', span, `the table is asked for rows by "${name}", and ON has no equality with it`, {
      help: `add an equality of "${name}" with a value of the left side, of its own type`,
    })
  );
}

/** The name of the table's column that a column of its rows is. */
function scannedColumn(node: LogicalNode, index: number): string | null {
  switch (node.kind) {
    case 'scan':
      return node.columns[index]?.path[0] ?? null;
    case 'filter':
    case 'watermark':
      return scannedColumn(node.input, index);
    case 'project': {
      const expression = node.expressions[index];
      return expression?.kind === 'column' ? scannedColumn(node.input, expression.index) : null;
    }
    default:
      return null;
  }
}

/** An equality as a condition on the columns of both sides. */
function equality({ left, right, nullsMeet }: JoinKey, join: LogicalJoin): Expression {
  const moved = mapColumns(right, (index, column) => ({ ...column, index: index + join.left.schema.length }));
  return call(nullsMeet ? 'IS NOT DISTINCT FROM' : '=', [left, moved], join.span);
}
