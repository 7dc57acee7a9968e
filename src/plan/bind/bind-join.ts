import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Identifier, Join } from '../../sql/ast.ts';
import type { Expression } from '../expression.ts';
import type { JoinType } from '../logical.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, ofNode, settled } from './bound-query.ts';
import { call, condition } from './calls.ts';
import { hasOuter } from './correlation.ts';
import { joinOn } from './join-condition.ts';
import type { JoinSettings } from './join-settings.ts';
import { ambiguous, type Scope, type ShownColumn, shownColumns, shownExpression } from './scope.ts';

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
export function bindJoin(node: Join, left: BoundFrom, right: BoundFrom, settings: JoinSettings): BoundFrom {
  checkForm(node);
  const pair = pairOf(left.scope, right.scope, node.span);
  const merged = mergedNames(node, left.scope, right.scope);
  const tests = merged.map((name) => equality(name, left.scope, right.scope, pair));
  if (node.condition?.kind === 'joinOn') tests.push(onCondition(node.condition.condition, pair, settings));
  const type = typeOf[node.type];
  const method = {
    kind: 'regular' as const,
    stateTtlMs: { left: settings.stateTtlMs(left.scope), right: settings.stateTtlMs(right.scope) },
  };
  const sides = [settled(left.bound), settled(right.bound)] as const;
  const joined = joinOn(sides[0], sides[1], { type, method }, tests, node.span);
  const scope: Scope = { schema: joined.schema, relations: pair.relations };
  const shown = merged.length === 0 && pair.shown === undefined ? undefined : shownAs(merged, pair, left.scope, type);
  return { bound: ofNode(joined), scope: shown === undefined ? scope : { ...scope, shown } };
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

function onCondition(node: Parameters<typeof bindExpression>[0], scope: Scope, settings: JoinSettings): Expression {
  const bound = bindExpression(node, {
    scope: settings.outer === null ? scope : { ...scope, outer: settings.outer },
    functions: settings.functions,
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
