import type { Span } from '../diagnostics/source-text.ts';
import type { Column, Schema } from '../types/column.ts';
import { BIGINT, BOOLEAN, TIMESTAMP, withNullable } from '../types/sql-type.ts';
import type { AggregateCall, Expression } from './expression.ts';
import {
  allChanges,
  appendOnly,
  type Changes,
  isAppendOnly,
  type JoinType,
  type LogicalAggregate,
  type LogicalExpand,
  type LogicalFilter,
  type LogicalJoin,
  type LogicalMatch,
  type LogicalNode,
  type LogicalOver,
  type LogicalProject,
  type LogicalWatermark,
  type LogicalWindow,
  type LogicalWindowAggregate,
  type MatchReference,
  type WindowColumn,
  type WindowTime,
} from './logical.ts';
import { withoutRetractions } from './monotonic.ts';

/** Makers of plan nodes: each derives schema and changes from its inputs. */

export function filterNode(input: LogicalNode, condition: Expression, span: Span): LogicalFilter {
  const { schema, changes } = input;
  return { kind: 'filter', input, condition, schema, changes, span };
}

/** Columns by expression and name; a bare column keeps its time attribute. */
export function projectNode(
  input: LogicalNode,
  columns: readonly { readonly expression: Expression; readonly name: string }[],
  span: Span,
): LogicalProject {
  const schema = columns.map(({ expression, name }): Column => {
    const attribute = expression.kind === 'column' ? input.schema[expression.index]?.timeAttribute : undefined;
    const isProctime = expression.kind === 'call' && expression.name === 'PROCTIME';
    const timeAttribute = isProctime ? 'proctime' : attribute;
    return timeAttribute === undefined
      ? { name, type: expression.type }
      : { name, type: expression.type, timeAttribute };
  });
  const expressions = columns.map(({ expression }) => expression);
  return { kind: 'project', input, expressions, schema, changes: input.changes, span };
}

export function watermarkNode(
  input: LogicalNode,
  timeColumn: number,
  expression: Expression,
  span: Span,
): LogicalWatermark {
  const schema = input.schema.map(
    (column, at): Column => (at === timeColumn ? { ...column, timeAttribute: 'rowtime' } : column),
  );
  const { changes } = input;
  return { kind: 'watermark', input, timeColumn, expression, schema, changes, span };
}

/** window_start, window_end and window_time behind the input's columns; the time attribute that was cut is one no longer. */
export function windowNode(input: LogicalNode, time: WindowTime, span: Span): LogicalWindow {
  const column = input.schema[time.timeColumn];
  if (column === undefined) throw new Error('a window has a time column');
  const schema = [...input.schema, ...windowColumns(column)];
  return { kind: 'window', input, ...time, schema, changes: input.changes, span };
}

/** The columns that a window function adds. */
export function windowColumns(time: Column): Schema {
  const timeType = { ...time.type, nullable: false };
  return [
    { name: 'window_start', type: TIMESTAMP(3, false) },
    { name: 'window_end', type: TIMESTAMP(3, false) },
    {
      name: 'window_time',
      type: timeType.kind === 'TIMESTAMP_LTZ' ? { ...timeType, precision: 3 } : TIMESTAMP(3, false),
      timeAttribute: time.timeAttribute,
    },
  ];
}

export function expandNode(
  input: LogicalNode,
  keys: readonly number[],
  sets: LogicalExpand['sets'],
  span: Span,
): LogicalExpand {
  const schema = [
    ...input.schema.map(
      (column, at): Column =>
        keys.includes(at) ? { name: column.name, type: { ...column.type, nullable: true } as Column['type'] } : column,
    ),
    { name: '$set', type: BIGINT(false) },
  ];
  return { kind: 'expand', input, keys, sets, schema, changes: input.changes, span };
}

export function aggregateNode(
  input: LogicalNode,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  { stateTtlMs, miniBatch }: Pick<LogicalAggregate, 'stateTtlMs' | 'miniBatch'>,
  span: Span,
): LogicalAggregate {
  const schema = [...keyColumns(input, keys), ...aggregateColumns(aggregates, input)];
  const changes: Changes = isAppendOnly(input.changes)
    ? { updateBefore: true, updateAfter: true, delete: false }
    : allChanges;
  const calls = withoutRetractions(aggregates, input, keys);
  return {
    kind: 'aggregate',
    input,
    keys,
    aggregates: calls,
    stateTtlMs,
    miniBatch,
    schema,
    changes,
    span,
  };
}

export function windowAggregateNode(
  input: LogicalNode,
  parts: Pick<LogicalWindowAggregate, 'window' | 'keys' | 'aggregates' | 'windowColumns' | 'legacy' | 'emit'>,
  timeColumn: Column,
  span: Span,
): LogicalWindowAggregate {
  const added = windowColumns(timeColumn);
  // The rowtime of a group window is as nullable as the time that it cuts.
  const time = parts.legacy ? { ...timeColumn, name: 'window_time' } : added[2];
  const columnOf: Record<WindowColumn, Column | undefined> = { start: added[0], end: added[1], time };
  const schema = [
    ...keyColumns(input, parts.keys),
    ...aggregateColumns(parts.aggregates, input),
    ...parts.windowColumns.flatMap((column) => columnOf[column] ?? []),
  ];
  const changes =
    parts.emit === null ? appendOnly : { updateBefore: true, updateAfter: true, delete: !isAppendOnly(input.changes) };
  return { kind: 'window-aggregate', input, ...parts, schema, changes, span };
}

export function joinNode(
  left: LogicalNode,
  right: LogicalNode,
  parts: Pick<LogicalJoin, 'type' | 'keys' | 'condition' | 'method'>,
  span: Span,
): LogicalJoin {
  const { type, keys, condition, method } = parts;
  // Time does not go by the rows of a table that is looked up.
  const found = method.kind === 'lookup' ? right.schema.map(({ name, type }) => ({ name, type })) : right.schema;
  const schema = joinSchema(left.schema, found, type);
  const changes = joinChanges(left.changes, right.changes, parts);
  return { kind: 'join', left, right, type, keys, condition, method, schema, changes, span };
}

/** The columns of a side without partner may be NULL. */
export function joinSchema(left: Schema, right: Schema, type: JoinType): Schema {
  const padded = (columns: Schema): Schema =>
    columns.map((column): Column => ({ ...column, type: withNullable(column.type, true) }));
  switch (type) {
    case 'inner':
      return [...left, ...right];
    case 'left':
      return [...left, ...padded(right)];
    case 'right':
      return [...padded(left), ...right];
    case 'full':
      return [...padded(left), ...padded(right)];
    case 'semi':
    case 'anti':
      return left;
    case 'mark':
      return [...left, { name: '$mark', type: BOOLEAN(false) }];
  }
}

/** An inner or semi join passes the changes of its inputs on; a row without partner may be taken back by any row. */
function joinChanges(left: Changes, right: Changes, { type, method }: Pick<LogicalJoin, 'type' | 'method'>): Changes {
  // Final pairs, and left rows with a version that does not change any more.
  if (method.kind === 'interval' || method.kind === 'window') return appendOnly;
  if (method.kind === 'temporal' || method.kind === 'lookup') return left;
  if (type !== 'inner' && type !== 'semi') return allChanges;
  return {
    updateBefore: left.updateBefore || right.updateBefore,
    updateAfter: left.updateAfter || right.updateAfter,
    delete: left.delete || right.delete,
  };
}

export function overNode(
  input: LogicalNode,
  parts: Pick<LogicalOver, 'partition' | 'orderColumn' | 'time' | 'frame' | 'aggregates' | 'stateTtlMs'>,
  span: Span,
): LogicalOver {
  const schema = [...input.schema, ...parts.aggregates.map(({ name, type }): Column => ({ name, type }))];
  const changes = parts.time === null ? allChanges : appendOnly;
  return { kind: 'over', input, ...parts, schema, changes, span };
}

/** A row a match: the columns of the partition, then the measures. */
export function matchNode(
  input: LogicalNode,
  parts: Omit<LogicalMatch, Exclude<keyof LogicalFilter, 'condition'> | 'measures'>,
  measures: readonly { readonly expression: Expression; readonly name: string }[],
  span: Span,
): LogicalMatch {
  const schema = [
    ...keyColumns(input, parts.partition),
    ...measures.map(({ expression, name }): Column => {
      const attribute = measureTime(expression, parts.references, input.schema);
      const { type } = expression;
      return attribute === undefined ? { name, type } : { name, type, timeAttribute: attribute };
    }),
  ];
  return {
    kind: 'match',
    input,
    ...parts,
    measures: measures.map(({ expression }) => expression),
    schema,
    changes: appendOnly,
    span,
  };
}

const handsTimeOn: ReadonlySet<string> = new Set(['+', '-', 'COALESCE', 'MIN', 'MAX', 'FIRST_VALUE', 'LAST_VALUE']);

/** A measure shows as the time attribute that it is made of, though only the time of the match is one. */
function measureTime(
  measure: Expression,
  references: readonly MatchReference[],
  columns: Schema,
): Column['timeAttribute'] {
  if (measure.kind === 'call') {
    const [first] = measure.args;
    if (measure.name === 'PROCTIME') return 'proctime';
    return first !== undefined && handsTimeOn.has(measure.name) && measure.type.kind === first.type.kind
      ? measureTime(first, references, columns)
      : undefined;
  }
  const reference = measure.kind === 'column' ? references[measure.index] : undefined;
  switch (reference?.kind) {
    case 'time':
      return 'rowtime';
    case 'column':
      return columns[reference.column]?.timeAttribute;
    case 'aggregate': {
      const { name, args } = reference.call;
      const [arg] = args;
      return handsTimeOn.has(name) && arg?.kind === 'column' ? columns[arg.index]?.timeAttribute : undefined;
    }
    case undefined:
      return undefined;
  }
}

/** Group keys. */
function keyColumns(input: LogicalNode, keys: readonly number[]): Schema {
  return keys.map((key) => {
    const column = input.schema[key];
    if (column === undefined) throw new Error(`no column ${key}`);
    return column;
  });
}

/** MIN and MAX of a time attribute show as one. */
function aggregateColumns(aggregates: readonly AggregateCall[], input: LogicalNode): Schema {
  return aggregates.map(({ name, type, args: [arg] }) => {
    const attribute =
      arg?.kind === 'column' && (name === 'MIN' || name === 'MAX') ? input.schema[arg.index]?.timeAttribute : undefined;
    return attribute === undefined ? { name, type } : { name, type, timeAttribute: attribute };
  });
}
