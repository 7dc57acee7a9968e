import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { AfterMatch, MatchRecognize, OrderItem, PatternDefinition } from '../../sql/ast.ts';
import { typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { changesText, isAppendOnly, type LogicalMatch, type MatchSkip, type SortKey } from '../logical.ts';
import { matchNode } from '../nodes.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, settled, sortKeyOf } from './bound-query.ts';
import { intervalValue } from './interval-literals.ts';
import { type PatternShape, patternShapes } from './match-pattern.ts';
import { MatchBinder, type Variables } from './match-references.ts';
import type { Syntax } from './syntax.ts';
import { lostTime } from './time-attribute.ts';

/** MATCH_RECOGNIZE in FROM. @throws DiagnosticError B003, B013, B032, B055, B056, W002 and those of expressions */
export function bindMatch(node: MatchRecognize, from: BoundFrom, functions: FunctionLookup): LogicalMatch {
  const input = settled(from.bound);
  if (!isAppendOnly(input.changes)) {
    fail(
      'B032',
      node.table.span,
      `a pattern takes rows as they come, and these change: ${changesText(input.changes)}`,
      {
        help: 'match over the table before it is aggregated, joined or ranked',
      },
    );
  }
  if (node.rowsPerMatch === 'ALL') notYet('W002', node.span, 'ALL ROWS PER MATCH');
  const columnOf = (value: Syntax, clause: string): number => {
    const bound = bindExpression(value, { scope: from.scope, functions });
    return bound.kind === 'column' ? bound.index : notYet('W002', value.span, `${clause} of an expression`);
  };
  const partition = node.partitionBy.map((value) => columnOf(value, 'PARTITION BY'));
  const order = node.orderBy.map((item) => sortKeyOf(item, columnOf(item.value, 'ORDER BY')));
  const time = checkOrder(node, order, input);
  const shapes = patternShapes(node.pattern);
  const binder = new MatchBinder(input, shapes, functions);
  const variables = variablesOf(shapes, node);
  const conditions = bindDefinitions(node.definitions, { shapes, variables, binder });
  if (node.measures.length === 0) notYet('W002', node.span, 'MATCH_RECOGNIZE without MEASURES');
  const measures = node.measures.map(({ value, name }) => ({
    expression: binder.bind(value, variables, { kind: 'measures' }),
    name: name.name,
  }));
  checkNames(node, [...partition.map((at) => input.schema[at]?.name ?? ''), ...measures.map(({ name }) => name)]);
  return matchNode(
    input,
    {
      partition,
      order,
      time,
      pattern: shapes.map((shape, at) => ({ ...shape, condition: conditions[at] ?? null })),
      skip: skipOf(node.afterMatch, shapes, node),
      withinMs: withinOf(node),
      references: binder.references,
    },
    measures,
    node.span,
  );
}

/** The time attribute must come first, and rise. */
function checkOrder(
  { orderBy, span }: MatchRecognize,
  order: readonly SortKey[],
  input: LogicalMatch['input'],
): LogicalMatch['time'] {
  const [key] = order;
  const [item] = orderBy;
  const help = 'ORDER BY begins with a column that has a watermark, or with a PROCTIME() column';
  if (key === undefined || item === undefined) fail('B056', span, 'a pattern needs ORDER BY a time', { help });
  const column = input.schema[key.column];
  const attribute = column !== undefined && lostTime(input, key.column) === null ? column.timeAttribute : undefined;
  if (attribute === undefined) {
    const text = column === undefined ? 'no column' : typeText(withNullable(column.type, true));
    fail('B056', item.span, `a pattern is ordered by a time attribute first, and this is ${text}`, { help });
  }
  if (key.descending) refuseDescending(item);
  return attribute === 'rowtime' ? 'event' : 'processing';
}

function refuseDescending(item: OrderItem): never {
  fail('B056', item.span, 'a pattern goes with time: its first order is ascending', {
    help: 'leave DESC out; a second column may be descending',
  });
}

/**
 * The variables of the pattern, and the SUBSETs of them, which mean the rows of several. A variable that is defined and
 * not in the pattern takes no rows.
 */
function variablesOf(shapes: readonly PatternShape[], { subsets, definitions }: MatchRecognize): Variables {
  const variables = new Map<string, readonly number[]>(shapes.map(({ name }, at) => [name, [at]]));
  for (const { name, variables: members } of subsets) {
    if (variables.has(name.name)) fail('B055', name.span, `"${name.name}" is a pattern variable already`);
    const places = members.map((member) => {
      const written = member.kind === 'columnReference' ? (member.name.parts[0]?.name ?? '') : '';
      return placeOf(shapes, { name: written, span: member.span });
    });
    variables.set(name.name, places);
  }
  for (const { variable } of definitions) if (!variables.has(variable.name)) variables.set(variable.name, []);
  return variables;
}

function placeOf(shapes: readonly PatternShape[], { name, span }: Pick<AfterMatch, 'span'> & { name: string }): number {
  const at = shapes.findIndex((shape) => shape.name === name);
  if (at >= 0) return at;
  const names = shapes.map((shape) => shape.name);
  return fail('B055', span, `there is no pattern variable "${name}"`, {
    help: didYouMean(name, names) ?? `the pattern has: ${names.join(', ')}`,
  });
}

/** The condition of each variable of the pattern; those of others are checked and left. */
function bindDefinitions(
  definitions: readonly PatternDefinition[],
  { shapes, variables, binder }: { shapes: readonly PatternShape[]; variables: Variables; binder: MatchBinder },
): readonly (Expression | null)[] {
  const conditions: (Expression | null)[] = shapes.map(() => null);
  const seen = new Set<string>();
  for (const { variable, condition } of definitions) {
    const { name } = variable;
    if (seen.has(name)) fail('B055', variable.span, `"${name}" is defined twice`);
    seen.add(name);
    const at = shapes.findIndex((shape) => shape.name === name);
    const bound = (at < 0 ? binder.apart() : binder).bind(condition, variables, { kind: 'define', variable: at });
    if (bound.type.kind !== 'BOOLEAN')
      fail('B007', condition.span, `DEFINE needs a BOOLEAN, and this is ${typeText(withNullable(bound.type, true))}`);
    if (at >= 0) conditions[at] = bound;
  }
  return conditions;
}

function skipOf(after: AfterMatch | null, shapes: readonly PatternShape[], { span }: MatchRecognize): MatchSkip {
  if (after === null) return { to: 'next row', variable: 0, span };
  switch (after.skip) {
    case 'TO NEXT ROW':
      return { to: 'next row', variable: 0, span: after.span };
    case 'PAST LAST ROW':
      return { to: 'past last row', variable: 0, span: after.span };
    case 'TO FIRST':
    case 'TO LAST': {
      const target = after.variable ?? { name: '', span: after.span };
      const variable = placeOf(shapes, target);
      return { to: after.skip === 'TO FIRST' ? 'first' : 'last', variable, span: after.span };
    }
  }
}

/** A bound of 0 or less bounds nothing, as in Flink. */
function withinOf({ within }: MatchRecognize): number | null {
  if (within === null) return null;
  const { family, count } = intervalValue(within);
  if (within.isNegative) fail('B055', within.span, 'WITHIN takes an interval that is not negative');
  if (family === 'months') {
    fail('B055', within.span, 'WITHIN takes days, hours, minutes and seconds: months have no one length', {
      help: "write INTERVAL '30' DAY",
    });
  }
  return count > 0n ? Number(count) : null;
}

function checkNames({ measures, span }: MatchRecognize, names: readonly string[]): void {
  const twice = names.findIndex((name, at) => names.indexOf(name) < at);
  if (twice < 0) return;
  const measure = measures[twice - (names.length - measures.length)];
  fail('B013', measure?.name.span ?? span, `column "${names[twice]}" is given twice`, {
    help: 'the columns of PARTITION BY are there already; rename the measure',
  });
}
