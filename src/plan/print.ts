import { type Column, columnTypeText } from '../types/column.ts';
import { typeText } from '../types/sql-type.ts';
import { unreachable } from '../types/unreachable.ts';
import { inputsOf } from './children.ts';
import { durationText } from './duration-text.ts';
import type { AggregateCall, Expression, LiteralValue } from './expression.ts';
import { keptBySinkText, keptText } from './kept.ts';
import {
  changesText,
  type JoinMethod,
  type LogicalJoin,
  type LogicalMatch,
  type LogicalNode,
  type LogicalScan,
  type LogicalSink,
  type MatchReference,
  type OverFrame,
  type PatternElement,
  type SortKey,
  showsRight,
  type WindowEmit,
  type WindowKind,
} from './logical.ts';
import { materializes } from './sent-changes.ts';
import { type UniqueKeys, uniqueKeys } from './unique-keys.ts';
import { countReaders } from './walk.ts';

/**
 * A plan as a tree of lines: what each node does, its columns, and the changes that it sends. A node that several read
 * is shown once, with a number; elsewhere by that number, `#1 reused`.
 */
export function printPlan(sinks: readonly LogicalSink[], options: PrintOptions = {}): string {
  const keys = uniqueKeys(sinks);
  const printer = new PlanPrinter(countReaders(sinks), keys, options);
  const { sinkDetail = (sink) => changesText(sink.input.changes) } = options;
  return sinks
    .map((sink) => {
      const target = sink.table === null ? 'result' : `sink ${sink.table.path.name}`;
      const kept = materializes(sink, keys.get(sink.input) ?? []) ? keptBySinkText(sink.stateTtlMs) : null;
      return [`${target}${keepsText(kept)} ${sinkDetail(sink)}`, ...printer.lines(sink.input, '', true)].join('\n');
    })
    .join('\n\n');
}

export interface PrintOptions {
  /** Below each node its columns. */
  readonly types?: boolean;
  /** What stands behind a node; the changes that it can send. */
  readonly nodeDetail?: (node: LogicalNode) => string;
  readonly sinkDetail?: (sink: LogicalSink) => string;
}

class PlanPrinter {
  readonly #readers: ReadonlyMap<LogicalNode, number>;
  readonly #keys: ReadonlyMap<LogicalNode, UniqueKeys>;
  readonly #types: boolean;
  readonly #detail: (node: LogicalNode) => string;
  readonly #numbers = new Map<LogicalNode, number>();

  constructor(
    readers: ReadonlyMap<LogicalNode, number>,
    keys: ReadonlyMap<LogicalNode, UniqueKeys>,
    { types = false, nodeDetail }: PrintOptions,
  ) {
    this.#readers = readers;
    this.#keys = keys;
    this.#types = types;
    this.#detail = nodeDetail ?? (({ changes }) => changesText(changes));
  }

  lines(node: LogicalNode, indent: string, isLast: boolean): readonly string[] {
    const branch = `${indent}${isLast ? '└─ ' : '├─ '}`;
    const known = this.#numbers.get(node);
    if (known !== undefined) return [`${branch}#${known} reused`];
    const inputs = inputsOf(node);
    const kept = keptText(
      node,
      inputs.flatMap((input) => this.#keys.get(input) ?? []),
    );
    const own = `${branch}${nodeText(node)}${keepsText(kept)}  ${this.#detail(node)}${this.#numbered(node)}`;
    const below = `${indent}${isLast ? '   ' : '│  '}`;
    const columns = node.schema.map((column) => `${column.name} ${columnTypeText(column)}`).join(', ');
    const types = this.#types ? [`${below}${inputs.length === 0 ? ' ' : '│'}  ${columns}`] : [];
    return [own, ...types, ...inputs.flatMap((input, at) => this.lines(input, below, at === inputs.length - 1))];
  }

  #numbered(node: LogicalNode): string {
    if ((this.#readers.get(node) ?? 0) < 2) return '';
    const number = this.#numbers.size + 1;
    this.#numbers.set(node, number);
    return `  #${number}`;
  }
}

function keepsText(kept: string | null): string {
  return kept === null ? '' : `   keeps: ${kept}`;
}

function nodeText(node: LogicalNode): string {
  switch (node.kind) {
    case 'scan':
      return `scan ${node.table.path.name}: ${scanText(node)}`;
    case 'values':
      return `values: ${node.rows.length} ${node.rows.length === 1 ? 'row' : 'rows'}`;
    case 'watermark':
      return `watermark ${columnName(node.input, node.timeColumn)} AS ${text(node.expression, node.input)}`;
    case 'filter':
      return `filter ${text(node.condition, node.input)}`;
    case 'project':
      return `project ${node.expressions.map((expression, at) => named(text(expression, node.input), node.schema[at]?.name ?? '')).join(', ')}`;
    case 'repeat':
      return `repeat ${columnName(node.input, node.countColumn)} times`;
    case 'expand':
      return `expand ${node.sets.length} grouping sets`;
    case 'unnest': {
      const on = node.condition === null ? '' : ` on ${text(node.condition, node)}`;
      return `${node.isOuter ? 'left ' : ''}unnest ${text(node.collection, node.input)}${on}`;
    }
    case 'window':
      return `window ${windowText(node.window, columnName(node.input, node.timeColumn))}`;
    case 'window-aggregate': {
      const { window } = node;
      const time = window.kind === 'attached' ? 'the windows of its input' : columnName(node.input, window.timeColumn);
      const emitted = node.emit === null ? '' : `   sent ${emitText(node.emit)}`;
      return `window aggregate ${windowText(window.window, time)}${groups(node.input, node.keys)}: ${calls(node.aggregates, node.input)}${emitted}`;
    }
    case 'aggregate':
      return `aggregate${groups(node.input, node.keys)}: ${calls(node.aggregates, node.input)}`;
    case 'top-n': {
      const end = typeof node.rankEnd === 'number' ? String(node.rankEnd) : columnName(node.input, node.rankEnd.column);
      return `${node.window === null ? '' : 'window '}top-n ${node.rankStart}..${end}${groups(node.input, node.partition)} order by ${node.order.map((key) => sortText(key, node.input)).join(', ')}`;
    }
    case 'deduplicate':
      return `${node.window === null ? '' : 'window '}deduplicate: ${node.keep} row${groups(node.input, node.keys)}${node.keep === 'current' ? '' : ` by ${columnName(node.input, node.timeColumn)}`}`;
    case 'over': {
      const order = columnName(node.input, node.orderColumn);
      return `over${groups(node.input, node.partition)} order by ${order} ${frameText(node.frame)}: ${calls(node.aggregates, node.input)}`;
    }
    case 'sort':
      return `sort by ${node.order.map((key) => sortText(key, node.input)).join(', ')}`;
    case 'limit':
      return `limit ${node.fetch}${node.offset > 0 ? ` offset ${node.offset}` : ''}`;
    case 'match':
      return matchText(node);
    case 'union':
      return 'union all';
    case 'join':
      return joinText(node);
    default:
      return unreachable(node);
  }
}

/** `early at each row, late after 5 s at most, for 1 min` */
function emitText({ earlyMs, lateMs, latenessMs }: WindowEmit): string {
  const when = (ms: number): string => (ms === 0 ? 'at each row' : `after ${durationText(ms)} at most`);
  return [
    ...(earlyMs === null ? [] : [`early ${when(earlyMs)}`]),
    ...(lateMs === null ? [] : [`late ${when(lateMs)}`, `for ${durationText(latenessMs)}`]),
  ].join(', ');
}

/** `left join on a.k = b.k AND (v < w)` */
function joinText({ left, right, type, keys, condition, method, schema }: LogicalJoin): string {
  const pair = { ...left, schema: showsRight(type) ? schema : [...left.schema, ...right.schema] };
  const tests = [
    ...keys.map(
      (key) => `${text(key.left, left)} ${key.nullsMeet ? 'IS NOT DISTINCT FROM' : '='} ${text(key.right, right)}`,
    ),
    ...(condition === null ? [] : [text(condition, pair)]),
  ];
  const on = tests.length === 0 ? '' : ` on ${tests.join(' AND ')}`;
  const name = method.kind === 'regular' ? `${type} join` : `${type} ${method.kind} join`;
  return `${name}${methodText(method, left, right)}${on}`;
}

function methodText(method: JoinMethod, left: LogicalNode, right: LogicalNode): string {
  switch (method.kind) {
    case 'regular':
    case 'window':
    case 'lookup':
      return '';
    case 'interval': {
      const distance = `${columnName(left, method.leftTime)} - ${columnName(right, method.rightTime)}`;
      return ` ${distance} in [${durationText(method.lowerMs)}, ${durationText(method.upperMs)}]`;
    }
    case 'temporal':
      return ` as of ${columnName(left, method.leftTime)}`;
    default:
      return unreachable(method);
  }
}

/** `match A B+ by k order by ts within 1 h: A.n AS a; where A (A.n > 1)` */
function matchText(node: LogicalMatch): string {
  const { input, pattern, partition, order, withinMs, measures, references, schema } = node;
  const over = {
    ...input,
    schema: references.map((reference) => ({ ...noColumn, name: referenceText(reference, node) })),
  };
  const sorted = order.map((key) => sortText(key, input)).join(', ');
  const within = withinMs === null ? '' : ` within ${durationText(withinMs)}`;
  const shown = measures.map((measure, at) => named(text(measure, over), schema[partition.length + at]?.name ?? ''));
  const where = pattern.flatMap(({ name, condition }) =>
    condition === null ? [] : [`${name} ${text(condition, over)}`],
  );
  const conditions = where.length === 0 ? '' : `; where ${where.join(', ')}`;
  return `match ${patternText(node)}${groups(input, partition)} order by ${sorted}${within}: ${shown.join(', ')}${conditions}`;
}

const noColumn: Column = { name: '', type: { kind: 'NULL', nullable: true } };

/** `A.n`, `LAST(A.n, 1)`, `SUM(A.n)` */
function referenceText(reference: MatchReference, { input, pattern }: LogicalMatch): string {
  if (reference.kind === 'time') return 'MATCH_ROWTIME()';
  const names = reference.variables?.map((variable) => pattern[variable]?.name ?? '').join('|');
  const prefix = names === undefined ? '' : `${names}.`;
  if (reference.kind === 'aggregate') {
    const schema = input.schema.map((column) => ({ ...column, name: `${prefix}${column.name}` }));
    return calls([reference.call], { ...input, schema });
  }
  const { from, offset, column } = reference;
  const name = `${prefix}${columnName(input, column)}`;
  if (from === 'last' && offset === 0) return name;
  return `${from.toUpperCase()}(${name}${offset === 0 ? '' : `, ${offset}`})`;
}

/** `A B+? C{2,3}` */
function patternText({ pattern }: LogicalMatch): string {
  return pattern.map((element) => `${element.name}${quantifierText(element)}`).join(' ');
}

function quantifierText({ min, max, isGreedy }: PatternElement): string {
  if (max === 1) return min === 0 ? '?' : '';
  if (max === min) return `{${min}}`;
  const bounds = max !== null || min > 1 ? `{${min},${max ?? ''}}` : min === 0 ? '*' : '+';
  return isGreedy ? bounds : `${bounds}?`;
}

/** `event_type; where event_type = 2 also bid.price` */
function scanText({ columns, filter }: LogicalScan): string {
  const name = (column: number): string => columns[column]?.path.join('.') ?? `$${column}`;
  const names = (list: readonly number[]): string => list.map(name).join(', ') || 'no columns';
  if (filter === null) return names([...columns.keys()]);
  const always = [...columns.keys()].filter((column) => !filter.unread.includes(column));
  const terms = filter.terms.map(({ column, operator, value }) => `${name(column)} ${operator} ${literalText(value)}`);
  return `${names(always)}; where ${terms.join(' AND ')} also ${names(filter.unread)}`;
}

function named(expression: string, name: string): string {
  return expression === name ? name : `${expression} AS ${name}`;
}

function groups(input: LogicalNode, keys: readonly number[]): string {
  return keys.length === 0 ? '' : ` by ${keys.map((key) => columnName(input, key)).join(', ')}`;
}

function calls(aggregates: readonly AggregateCall[], input: LogicalNode): string {
  if (aggregates.length === 0) return 'distinct';
  return aggregates
    .map(({ name, args, distinct, filter }) => {
      const inner = args.length === 0 ? '*' : args.map((arg) => text(arg, input)).join(', ');
      return `${name}(${distinct ? 'DISTINCT ' : ''}${inner})${filter === null ? '' : ` FILTER (${text(filter, input)})`}`;
    })
    .join(', ');
}

/** `rows 2 preceding`, `range 5 min preceding` */
function frameText(frame: OverFrame): string {
  const back = frame.unit === 'rows' ? frame.precedingRows : frame.precedingMs;
  if (back === null) return `${frame.unit} unbounded preceding`;
  return `${frame.unit} ${frame.unit === 'rows' ? back : durationText(back)} preceding`;
}

function sortText({ column, descending }: SortKey, input: LogicalNode): string {
  return `${columnName(input, column)}${descending ? ' DESC' : ''}`;
}

function columnName(node: LogicalNode, index: number): string {
  return node.schema[index]?.name ?? `$${index}`;
}

/** `TUMBLE(ts, 10 min)` */
function windowText(window: WindowKind, time: string): string {
  switch (window.kind) {
    case 'tumble':
      return `TUMBLE(${time}, ${durationText(window.sizeMs)})`;
    case 'hop':
      return `HOP(${time}, ${durationText(window.slideMs)}, ${durationText(window.sizeMs)})`;
    case 'cumulate':
      return `CUMULATE(${time}, ${durationText(window.stepMs)}, ${durationText(window.sizeMs)})`;
    case 'session':
      return `SESSION(${time}, ${durationText(window.gapMs)})`;
  }
}

/** An expression over a node's columns, in the look of SQL. */
export function text(expression: Expression, input: LogicalNode): string {
  switch (expression.kind) {
    case 'column':
      return columnName(input, expression.index);
    case 'literal':
      return literalText(expression.value);
    case 'call': {
      const args = expression.args.map((arg) => text(arg, input));
      if (/^[A-Z_0-9]+$/.test(expression.name) && !['AND', 'OR'].includes(expression.name))
        return `${expression.name}(${args.join(', ')})`;
      if (args.length === 2) return `(${args[0]} ${expression.name} ${args[1]})`;
      return expression.name.startsWith('IS ')
        ? `(${args[0]} ${expression.name})`
        : `${expression.name}(${args.join(', ')})`;
    }
    case 'cast':
      return `${expression.safe ? 'TRY_CAST' : 'CAST'}(${text(expression.input, input)} AS ${typeText({ ...expression.type, nullable: true } as Expression['type'])})`;
    case 'field':
      return `${text(expression.input, input)}.${expression.input.type.kind === 'ROW' ? (expression.input.type.fields[expression.index]?.name ?? '') : expression.index}`;
  }
}

function literalText(value: LiteralValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return String(value).toUpperCase();
}
