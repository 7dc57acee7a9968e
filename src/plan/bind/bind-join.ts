import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Identifier, Join } from '../../sql/ast.ts';
import type { Expression } from '../expression.ts';
import type { JoinType, LogicalNode } from '../logical.ts';
import { mapColumns } from '../same-expression.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, ofNode, openRows, settled, withConditions } from './bound-query.ts';
import { call, condition } from './calls.ts';
import { hasOuter, outerAt } from './correlation.ts';
import { joinOn } from './join-condition.ts';
import type { JoinSettings } from './join-settings.ts';
import { ambiguous, type Scope, type ShownColumn, shownColumns, shownExpression } from './scope.ts';
import { hasSubquery, isSubquery, type JoinedSubqueries } from './subquery-nodes.ts';
import { type Syntax, someNode } from './syntax.ts';

const typeOf: Readonly<Record<Join['type'], JoinType>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  CROSS: 'inner',
  COMMA: 'inner',
};

/**
 * A join in FROM: the pairs of rows, and the names of both sides. How the rows find each other is chosen when WHERE is known
 * (`choose-join.ts`).
 * @throws DiagnosticError B003, B004, B007, B011, B013, B024
 */
export function bindJoin(node: Join, given: BoundFrom, right: BoundFrom, settings: JoinSettings): BoundFrom {
  checkForm(node);
  const on = node.condition?.kind === 'joinOn' ? node.condition.condition : null;
  const subqueries = on !== null && hasSubquery(on) ? onSubqueries(on, given, right, settings) : null;
  const left = subqueries === null ? given : withMore(given, subqueries.node);
  const pair = pairOf(left.scope, right.scope, node.span);
  const merged = mergedNames(node, left.scope, right.scope);
  const tests = merged.map((name) => equality(name, left.scope, right.scope, pair));
  const type = typeOf[node.type];
  if (on !== null) tests.push(onCondition(on, pair, settings, subqueries));
  const method = {
    kind: 'regular' as const,
    stateTtlMs: { left: settings.stateTtlMs(left.scope), right: settings.stateTtlMs(right.scope) },
  };
  const leftRows = type === 'inner' || type === 'left' ? openRows(left) : closedRows(left);
  const rightRows = type === 'inner' || type === 'right' ? openRows(right) : closedRows(right);
  const joined = joinOn(leftRows.node, rightRows.node, { type, method }, tests, node.span);
  const behind = rightRows.conditions.map((condition) => movedOwn(condition, left.scope.schema.length));
  const bound = withConditions(ofNode(joined), [...leftRows.conditions, ...behind]);
  const scope: Scope = { schema: joined.schema, relations: pair.relations };
  const shown = merged.length === 0 && pair.shown === undefined ? undefined : shownAs(merged, pair, left.scope, type);
  return { bound, scope: shown === undefined ? scope : { ...scope, shown } };
}

/** Rows that an outer join may pad: nothing may be asked of them behind it. @throws DiagnosticError W003 */
function closedRows({ bound }: BoundFrom): ReturnType<typeof openRows> {
  return { node: settled(bound), conditions: [] };
}

/** A condition over rows that stand behind others now; the columns of the row around stay. */
function movedOwn(condition: Expression, count: number): Expression {
  return mapColumns(condition, (index, column) => (index >= outerAt ? column : { ...column, index: index + count }));
}

/** A side with columns of its own behind those that have a name. */
function withMore({ scope }: BoundFrom, node: LogicalNode): BoundFrom {
  return { bound: ofNode(node), scope: { ...scope, schema: node.schema } };
}

/**
 * The subqueries in ON, joined to the left side, each of whose rows stays as it is: so ON sees their values, whichever side
 * is padded. As in Flink they are values, or EXISTS, that look at neither side.
 * @throws DiagnosticError W003 for another
 */
function onSubqueries(on: Syntax, left: BoundFrom, right: BoundFrom, settings: JoinSettings): JoinedSubqueries {
  const refused = (node: { readonly span: Span }): never => notYet('W003', node.span, 'a subquery of this kind in ON');
  someNode(on, (child) => {
    const isOneValue = child.kind === 'subquery' || child.kind === 'exists';
    return isSubquery(child) && !isOneValue ? refused(child) : false;
  });
  const joins = settings.subqueriesOver(settled(left.bound), (_, column) => refused(column));
  const scope = pairOf(left.scope, right.scope, on.span);
  joins.bindAll(on, { scope, functions: settings.functions });
  return joins;
}

function checkForm({ type, isNatural, condition: given, span }: Join): void {
  if (type === 'CROSS' || type === 'COMMA') {
    if (given !== null) fail('B024', given.span, 'CROSS JOIN takes no condition', { help: 'write JOIN ... ON' });
    if (isNatural) fail('B024', span, 'CROSS JOIN takes no NATURAL', { help: 'write NATURAL JOIN' });
    return;
  }
  if (isNatural && given !== null) {
    fail('B024', given.span, 'NATURAL JOIN has its condition already: equal columns of one name', {
      help: 'leave out NATURAL, or ON and USING',
    });
  }
  if (!isNatural && given === null) {
    fail('B024', span, `${type} JOIN needs a condition: ON, USING or NATURAL`, {
      help: 'for all pairs of rows, write CROSS JOIN',
    });
  }
}

/** The columns of both sides, the left ones first. @throws DiagnosticError B013: two tables of one name */
function pairOf(left: Scope, right: Scope, span: Span): Scope {
  const count = left.schema.length;
  const moved = right.relations.map((relation) => ({ ...relation, start: relation.start + count }));
  for (const { alias } of moved) {
    if (alias === null || !left.relations.some((relation) => relation.alias === alias)) continue;
    fail('B013', span, `two tables of FROM are called "${alias}"`, { help: `rename one of them: ... AS ${alias}2` });
  }
  const scope = { schema: [...left.schema, ...right.schema], relations: [...left.relations, ...moved] };
  if (left.shown === undefined && right.shown === undefined) return scope;
  return { ...scope, shown: [...shownColumns(left), ...movedColumns(shownColumns(right), count)] };
}

function movedColumns(columns: readonly ShownColumn[], count: number): readonly ShownColumn[] {
  return columns.map((column) => ({ ...column, columns: column.columns.map((at) => at + count) }));
}

/** The names that NATURAL and USING join by, as they are written; those of NATURAL in the order of the left side. */
function mergedNames(node: Join, left: Scope, right: Scope): readonly Identifier[] {
  if (node.condition?.kind === 'joinUsing') return node.condition.columns;
  if (!node.isNatural) return [];
  const names = new Set(shownColumns(right).map(({ name }) => name));
  const common = new Set(shownColumns(left).flatMap(({ name }) => (names.has(name) ? [name] : [])));
  return [...common].map((name) => ({ kind: 'identifier', name, isQuoted: true, span: node.span }));
}

function equality(name: Identifier, left: Scope, right: Scope, pair: Scope): Expression {
  const a = shownNamed(name, left, 'left');
  const [b] = movedColumns([shownNamed(name, right, 'right')], left.schema.length);
  if (b === undefined) throw new Error('a column of the right side');
  return call('=', [shownExpression(pair, a, name.span), shownExpression(pair, b, name.span)], name.span);
}

/** @throws DiagnosticError B003, B004 */
function shownNamed(name: Identifier, scope: Scope, side: 'left' | 'right'): ShownColumn {
  const found = shownColumns(scope).filter((column) => column.name === name.name);
  const [only] = found;
  if (only === undefined) fail('B003', name.span, `the ${side} side of the join has no column "${name.name}"`);
  return found.length > 1 ? ambiguous(name) : only;
}

function onCondition(
  node: Syntax,
  scope: Scope,
  settings: JoinSettings,
  subqueries: JoinedSubqueries | null,
): Expression {
  const bound = bindExpression(node, {
    scope: settings.outer === null ? scope : { ...scope, outer: settings.outer },
    functions: settings.functions,
    subquery: subqueries?.knownValue,
    intercept: (child) => {
      if (isAggregateCall(child, settings.functions))
        fail('B011', child.span, 'ON is computed before groups are made: no aggregate may stand here');
      return null;
    },
  });
  if (hasOuter(bound)) notYet('W003', bound.span, 'ON in a correlated subquery that looks at the row around it');
  return condition(bound, 'ON');
}

/** The keys first, each once; then what else the left side shows, and the right one. */
function shownAs(merged: readonly Identifier[], pair: Scope, left: Scope, type: JoinType): readonly ShownColumn[] {
  const names = new Set(merged.map(({ name }) => name));
  const all = shownColumns(pair);
  const keys = merged.map(({ name }): ShownColumn => {
    const [a, b] = all.filter((column) => column.name === name);
    if (a === undefined || b === undefined) throw new Error(`no two columns "${name}"`);
    const kinds = [a, b].map(({ columns }) =>
      JSON.stringify({ ...pair.schema[columns[0] ?? 0]?.type, nullable: true }),
    );
    const isSame = kinds[0] === kinds[1];
    if (isSame && type === 'right') return b;
    return isSame && type !== 'full' ? a : { name, columns: [...a.columns, ...b.columns] };
  });
  const isLeft = ({ columns }: ShownColumn): boolean => (columns[0] ?? 0) < left.schema.length;
  const others = all.filter(({ name }) => !names.has(name));
  return [...keys, ...others.filter(isLeft), ...others.filter((column) => !isLeft(column))];
}
