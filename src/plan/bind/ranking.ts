import { DiagnosticError, fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { BIGINT } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import {
  type AttachedWindow,
  allChanges,
  appendOnly,
  isAppendOnly,
  type LogicalNode,
  type LogicalTopN,
  type SortKey,
  type WaitingRank,
} from '../logical.ts';
import { projectNode } from '../nodes.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { windowTraitsAmong } from '../window-traits.ts';
import { call } from './calls.ts';
import { constantInteger, literal } from './literals.ts';

/** Rows with their rank, which nothing bounds yet. */
export interface Ranking {
  readonly name: WaitingRank['name'];
  /** The rows that are ranked. */
  readonly input: LogicalNode;
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  /** What the query selects: over the input's columns, with the rank behind them. */
  readonly columns: readonly { readonly expression: Expression; readonly name: string }[];
  readonly stateTtlMs: number;
  readonly span: Span;
  /** The rows with the rank of each, where no filter bounds it. @throws DiagnosticError B033, B050 */
  readonly unbounded: () => LogicalNode;
  /** The same before `columns` are made of it: with the rank behind the input's columns. @throws as `unbounded` */
  readonly numbered: () => LogicalNode;
}

/**
 * The rows with the rank of each. It waits, as a condition behind a join may bound it; that of rows in the order of their
 * time is once and for all, and does not.
 */
export function rankedRows(ranking: Ranking): LogicalNode {
  const { name, input, order, columns, span } = ranking;
  const [key, second] = order;
  const isByTime = second === undefined && input.schema[key?.column ?? 0]?.timeAttribute !== undefined;
  const otherwise = attempt(ranking.numbered);
  if (isByTime && !(otherwise instanceof DiagnosticError)) return ranking.unbounded();
  const topN = topNNode(ranking, { start: 1, end: Number.POSITIVE_INFINITY });
  return projectNode({ ...topN, waiting: { name, otherwise } }, columns, span);
}

function attempt(make: () => LogicalNode): LogicalNode | DiagnosticError {
  try {
    return make();
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

/** A filter over a ranking: the Top-N that it means, and what of the condition is left. Null where it bounds no rank. */
export function topNOf(
  ranking: Ranking,
  condition: Expression,
): { readonly node: LogicalNode; readonly rest: Expression | null } | null {
  const rankColumn = ranking.input.schema.length;
  const isRank = (expression: Expression): boolean => {
    const bare = expression.kind === 'cast' ? expression.input : expression;
    if (bare.kind !== 'column') return false;
    const selected = ranking.columns[bare.index]?.expression;
    return selected?.kind === 'column' && selected.index === rankColumn;
  };
  let start = 1;
  let end: number | { readonly column: number } | null = null;
  const rest: Expression[] = [];
  for (const part of conjuncts(condition)) {
    const bound = rankBoundOf(part, isRank);
    if (bound === null) {
      rest.push(part);
      continue;
    }
    const { operator, value } = bound;
    const number = constantInteger(value);
    if (number === null) {
      const selected = value.kind === 'column' ? ranking.columns[value.index]?.expression : undefined;
      // A column beside another bound is a filter.
      if (operator !== '<=' || selected?.kind !== 'column' || end !== null) rest.push(part);
      else end = { column: selected.index };
    } else if (operator === '<=' || operator === '<') end = least(end, operator === '<' ? number - 1 : number);
    else if (operator === '>=' || operator === '>') start = Math.max(start, operator === '>' ? number + 1 : number);
    else {
      start = Math.max(start, number);
      end = least(end, number);
    }
  }
  if (end === null) return null;
  if (ranking.name !== 'ROW_NUMBER')
    fail('B033', ranking.span, `${ranking.name}() cannot be kept up to date on a stream`, { help: 'use ROW_NUMBER()' });
  if (typeof end === 'number' && end < 1)
    fail('B033', condition.span, 'a rank is 1 or more: this condition is never true');
  const left = rest.length === 0 ? null : rest.reduce((all, next) => call('AND', [all, next], condition.span));
  const { input, partition, span } = ranking;
  const window = attachedWindow(input, partition);
  if (start === 1 && end === 1) {
    // Its rank is known.
    const columns = ranking.columns.map(({ expression, name }) => ({
      expression: mapColumns(expression, (index, column) =>
        index === rankColumn ? literal(1n, BIGINT(false), column.span) : column,
      ),
      name,
    }));
    return { node: projectNode(firstOf(ranking, window), columns, span), rest: left };
  }
  return { node: projectNode(topNNode(ranking, { start, end }), ranking.columns, span), rest: left };
}

/** The rows of some ranks, with their rank behind their columns. */
function topNNode(
  { input, partition, order, stateTtlMs, span }: Pick<Ranking, 'input' | 'partition' | 'order' | 'stateTtlMs' | 'span'>,
  { start, end }: { readonly start: number; readonly end: LogicalTopN['rankEnd'] },
): LogicalTopN {
  const window = attachedWindow(input, partition);
  return {
    kind: 'top-n',
    input,
    partition,
    order,
    rankStart: start,
    rankEnd: end,
    outputRank: true,
    window,
    stateTtlMs,
    schema: [...input.schema, { name: '$rank', type: BIGINT(false) }],
    changes: window === null ? allChanges : appendOnly,
    span,
  };
}

/** The row of rank 1: by a time attribute alone it is the first or last row of its key, else the top of a ranking. */
function firstOf({ input, partition, order, stateTtlMs, span }: Ranking, window: AttachedWindow | null): LogicalNode {
  const { schema } = input;
  const [key, second] = order;
  const attribute = key === undefined ? undefined : schema[key.column]?.timeAttribute;
  if (key === undefined || second !== undefined || attribute === undefined) {
    const changes = window === null ? allChanges : appendOnly;
    const outputRank = false;
    return {
      kind: 'top-n',
      input,
      partition,
      order,
      rankStart: 1,
      rankEnd: 1,
      outputRank,
      window,
      stateTtlMs,
      schema,
      changes,
      span,
    };
  }
  const keep = key.descending ? 'last' : 'first';
  return {
    kind: 'deduplicate',
    input,
    keys: partition,
    timeColumn: key.column,
    time: attribute === 'proctime' ? 'processing' : 'event',
    keep,
    window,
    stateTtlMs,
    schema,
    changes: window !== null || (keep === 'first' && isAppendOnly(input.changes)) ? appendOnly : allChanges,
    span,
  };
}

function least(end: number | { readonly column: number } | null, value: number): number | { readonly column: number } {
  return typeof end === 'number' ? Math.min(end, value) : (end ?? value);
}

interface RankBound {
  readonly operator: string;
  readonly value: Expression;
}

const negated: Readonly<Record<string, string>> = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

/** `rn <= 10`, `10 >= rn`, `NOT (rn > 10)` */
function rankBoundOf(part: Expression, isRank: (expression: Expression) => boolean): RankBound | null {
  if (part.kind !== 'call') return null;
  const [inner] = part.args;
  if (part.name !== 'NOT' || inner?.kind !== 'call') return rankBound(part.name, part.args, isRank);
  const bound = rankBound(inner.name, inner.args, isRank);
  const operator = bound === null ? undefined : negated[bound.operator];
  return bound === null || operator === undefined ? null : { ...bound, operator };
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

function rankBound(
  name: string,
  args: readonly Expression[],
  isRank: (expression: Expression) => boolean,
): RankBound | null {
  const [left, right] = args.map(withoutCast);
  if (left === undefined || right === undefined || mirrored[name] === undefined) return null;
  if (isRank(left) && !mentions(right, isRank)) return { operator: name, value: right };
  return isRank(right) && !mentions(left, isRank) ? { operator: mirrored[name] ?? name, value: left } : null;
}

function withoutCast(expression: Expression): Expression {
  return expression.kind === 'cast' && (expression.input.kind === 'literal' || expression.input.kind === 'column')
    ? expression.input
    : expression;
}

function mentions(expression: Expression, isRank: (expression: Expression) => boolean): boolean {
  return [...columnsOf(expression)].some((index) =>
    isRank({ kind: 'column', index, type: BIGINT(), span: expression.span }),
  );
}

/**
 * The window that a partition keeps apart: its start and end are among the partition's columns, and what its sessions are
 * kept apart by. Else sessions of several keys are ranked together, and the ranking changes as they end.
 */
export function attachedWindow(input: LogicalNode, partition: readonly number[]): AttachedWindow | null {
  const traits = windowTraitsAmong(input, new Set(partition));
  if (traits === null || traits.end === null || traits.start === null) return null;
  const kept = [traits.start, traits.end, ...traits.partition];
  if (!kept.every((column) => column !== null && partition.includes(column))) return null;
  return {
    kind: 'attached',
    startColumn: traits.start,
    endColumn: traits.end,
    window: traits.window,
    time: traits.time,
  };
}
