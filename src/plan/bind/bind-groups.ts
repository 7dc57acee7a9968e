import { DiagnosticError, fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionCall, GroupingItem, JsonAggregate, Select } from '../../sql/ast.ts';
import { BIGINT, BOOLEAN, TIMESTAMP, withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, ColumnExpression, Expression } from '../expression.ts';
import type { LogicalNode, WindowColumn, WindowKind } from '../logical.ts';
import { aggregateNode, expandNode, projectNode, windowAggregateNode } from '../nodes.ts';
import { expressionText, mapColumns } from '../same-expression.ts';
import { windowTraitsAmong } from '../window-traits.ts';
import { belowWindow } from './below-window.ts';
import { bindAggregateCall, isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { bindOverCall, isOverCall, overCallsOf } from './bind-over.ts';
import { intervalMs } from './bind-window-function.ts';
import type { BoundQuery } from './bound-query.ts';
import { call, caseCall, condition } from './calls.ts';
import { hasOuter, outerAt } from './correlation.ts';
import { literal } from './literals.ts';
import { type SelectRows, type SelectSettings, selectedColumns } from './select-list.ts';
import { SubqueryJoins } from './subqueries.ts';
import type { Syntax } from './syntax.ts';
import { someNode } from './syntax.ts';
import { groupWindowEmit, refuseWindowEmit } from './window-emit.ts';

/** A group window in GROUP BY: `TUMBLE(ts, INTERVAL '1' HOUR)`. */
interface GroupWindow {
  readonly window: WindowKind;
  readonly timeColumn: number;
  readonly time: 'event' | 'processing';
  readonly text: string;
}

interface Grouping {
  readonly keys: readonly Expression[];
  /** Which keys each grouping set has. */
  readonly sets: readonly (readonly number[])[];
  readonly window: GroupWindow | null;
}

/** Where results stand while it is not known yet how many columns there are before them. */
const aggregateAt = 1_000_000;
const windowAt = 2_000_000;
const windowColumnOrder: readonly WindowColumn[] = ['start', 'end', 'time'];

/** What is grouped. */
export interface GroupInput {
  readonly input: LogicalNode;
  readonly context: ExpressionContext;
  /** Keys that every grouping set has besides its own. */
  readonly extraKeys: readonly Expression[];
}

/** The groups, and what the SELECT list means over them. */
export interface Groups extends SelectRows {
  /** The extra keys as columns of the groups. */
  readonly extraKeys: readonly Expression[];
  /** The columns that count rows. */
  readonly counts: ReadonlySet<number>;
}

/** GROUP BY, HAVING and the aggregates of a SELECT; `project` makes the SELECT list over the groups. */
export function bindGroups(
  select: Select,
  { input, context, extraKeys }: GroupInput,
  settings: SelectSettings,
  project: (groups: Groups) => BoundQuery,
): BoundQuery {
  const grouping = withExtraKeys(groupingOf(select, input, context), extraKeys);
  const outerKey = grouping.keys.find(hasOuter);
  if (outerKey !== undefined) notYet('W003', outerKey.span, 'GROUP BY of a value of the row around a subquery');
  const aggregates: AggregateCall[] = [];
  const usedWindow = new Set<WindowColumn>();
  const binder = new GroupContext(grouping, input, context, aggregates, usedWindow);
  // Once to learn which aggregates there are, whatever the columns' places.
  const probing = {
    ...probingContext(binder.context(), select),
    subquery: (node: Syntax) => learnt(node, binder.context(), settings),
  };
  selectedColumns(select.items, probing);
  if (select.having !== null) condition(bindExpression(select.having, probing), 'HAVING');
  for (const call of overCallsOf(select)) bindExpression(call, probing);
  const far = aggregates.flatMap(({ args, filter }) => [...args, ...(filter === null ? [] : [filter])]).find(hasOuter);
  if (far !== undefined) notYet('W003', far.span, 'an aggregate over a value of the row around a subquery');
  const planned = planGroups(grouping, input, aggregates, usedWindow, settings, select.groupBy?.span ?? select.span);
  const place = (expression: Expression): Expression =>
    mapColumns(expression, (index, column) => (index >= outerAt ? column : planned.place(index, column)));
  const joins = new SubqueryJoins(planned.node, settings.subqueries, (index, column) =>
    place(binder.column(index, column)),
  );
  const inner = { ...binder.context(place), subquery: joins.value };
  if (select.having !== null) joins.filter(select.having, inner, 'HAVING');
  const firstExtra = grouping.keys.length - extraKeys.length;
  return project({
    get node() {
      return joins.node;
    },
    context: { ...inner, scope: context.scope },
    isGrouped: true,
    extraKeys: extraKeys.map((key, at) =>
      place({ kind: 'column', index: firstExtra + at, type: key.type, span: key.span }),
    ),
    counts: new Set(
      aggregates.flatMap(({ name, type, span }, at) => {
        const column = place({ kind: 'column', index: aggregateAt + at, type, span });
        return name === 'COUNT' && column.kind === 'column' ? [column.index] : [];
      }),
    ),
  });
}

function withExtraKeys({ keys, sets, window }: Grouping, extra: readonly Expression[]): Grouping {
  const added = extra.map((_, at) => keys.length + at);
  return { keys: [...keys, ...extra], sets: sets.map((set) => [...set, ...added]), window };
}

/** Stands for a subquery while aggregates are looked for: those of the value that it is compared with are found. */
function learnt(node: Syntax, context: ExpressionContext, { subqueries }: SelectSettings): Expression {
  const { span } = node;
  if (node.kind === 'subquery') {
    const type = subqueries.bind(node.query, context.scope, null).schema[0]?.type ?? BOOLEAN();
    return { kind: 'literal', value: null, type: withNullable(type, true), span };
  }
  if (node.kind === 'inQuery' || node.kind === 'quantifiedComparison') {
    const values = node.value.kind === 'rowConstructor' ? node.value.fields : [node.value];
    for (const value of values) bindExpression(value, context);
  }
  return { kind: 'literal', value: null, type: BOOLEAN(), span };
}

/** Where window functions are bound for the aggregates in them; nobody looks at the column that they stand for. */
function probingContext(context: ExpressionContext, { windows }: Select): ExpressionContext {
  return {
    ...context,
    intercept: (node) => {
      if (!isOverCall(node)) return context.intercept?.(node) ?? null;
      const { type } = bindOverCall(node, context, windows).call;
      return { kind: 'column', index: 0, type, span: node.span };
    },
  };
}

/** What expressions over groups mean: keys and aggregates by their columns, other columns are refused. */
class GroupContext {
  readonly #grouping: Grouping;
  readonly #input: LogicalNode;
  readonly #context: ExpressionContext;
  readonly #aggregates: AggregateCall[];
  readonly #usedWindow: Set<WindowColumn>;
  readonly #keyTexts: readonly string[];

  constructor(
    grouping: Grouping,
    input: LogicalNode,
    context: ExpressionContext,
    aggregates: AggregateCall[],
    usedWindow: Set<WindowColumn>,
  ) {
    this.#grouping = grouping;
    this.#input = input;
    this.#context = context;
    this.#aggregates = aggregates;
    this.#usedWindow = usedWindow;
    this.#keyTexts = grouping.keys.map(expressionText);
  }

  context(place: (expression: Expression) => Expression = (expression) => expression): ExpressionContext {
    return { ...this.#context, intercept: (node) => this.#intercept(node, place) };
  }

  #intercept(node: Syntax, place: (expression: Expression) => Expression): Expression | null {
    if (isAggregateCall(node, this.#context.functions))
      return place(this.#aggregate(node as FunctionCall | JsonAggregate));
    if (node.kind === 'functionCall' && node.over === null) {
      const auxiliary = this.#auxiliary(node) ?? this.#groupingBits(node);
      if (auxiliary !== null) return place(auxiliary);
    }
    const key = this.#key(node);
    if (key !== null) return place(key);
    if (node.kind === 'columnReference') {
      const name = node.name.parts.map((part) => part.name).join('.');
      const bound = bindExpression(node, this.#context);
      if (hasOuter(bound)) return bound;
      fail('B010', bound.span, `column "${name}" is neither in GROUP BY nor in an aggregate`, {
        help: `add it to GROUP BY, or take one of its values, as by MAX(${name})`,
      });
    }
    return null;
  }

  /** A column of the grouped rows, as a subquery over the groups may name it: one of the keys. @throws DiagnosticError B010 */
  column(index: number, column: ColumnExpression): Expression {
    const at = this.#keyTexts.indexOf(expressionText({ ...column, index }));
    if (at >= 0) return { ...column, index: at };
    return fail('B010', column.span, 'a subquery of groups looks at a column that is not in GROUP BY');
  }

  #key(node: Syntax): Expression | null {
    const isAggregate = (child: Syntax): boolean => isAggregateCall(child, this.#context.functions);
    if (someNode(node, isAggregate) || someNode(node, isOverCall) || isConstantNode(node)) return null;
    let bound: Expression;
    try {
      bound = bindExpression(node, this.#context);
    } catch (error) {
      // What is wrong with it is said when its parts are bound.
      if (error instanceof DiagnosticError) return null;
      throw error;
    }
    const at = this.#keyTexts.indexOf(expressionText(bound));
    if (at < 0) return null;
    const type = this.#grouping.sets.every((set) => set.includes(at)) ? bound.type : { ...bound.type, nullable: true };
    return { kind: 'column', index: at, type: type as Expression['type'], span: node.span };
  }

  #aggregate(node: FunctionCall | JsonAggregate): Expression {
    const grouped = this.#grouping.window !== null || this.#grouping.sets.every((set) => set.length > 0);
    const bound = bindAggregateCall(node, this.#context, grouped);
    const text = aggregateText(bound);
    let at = this.#aggregates.findIndex((other) => aggregateText(other) === text);
    if (at < 0) at = this.#aggregates.push(bound) - 1;
    return { kind: 'column', index: aggregateAt + at, type: bound.type, span: node.span };
  }

  /** TUMBLE_START(ts, INTERVAL ...) and the like, of the group window with the same arguments. */
  #auxiliary(node: FunctionCall): Expression | null {
    const match = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/.exec(
      (node.name.parts[0]?.name ?? '').toUpperCase(),
    );
    if (match === null) return null;
    const { window } = this.#grouping;
    const text = groupWindowText(match[1] ?? '', node, this.#context);
    if (window === null || window.text !== text) {
      fail('B023', node.span, `${match[0]} has no ${match[1]} with the same arguments in GROUP BY`);
    }
    if (match[2] === 'ROWTIME' && window.time === 'processing') {
      fail('B023', node.span, 'a window by processing time has no row time', { help: `write ${match[1]}_PROCTIME` });
    }
    if (match[2] === 'PROCTIME' && window.time === 'processing') return call('PROCTIME', [], node.span);
    const column: WindowColumn = match[2] === 'START' ? 'start' : match[2] === 'END' ? 'end' : 'time';
    this.#usedWindow.add(column);
    const time = this.#input.schema[window.timeColumn];
    const type = column === 'time' && time !== undefined ? time.type : TIMESTAMP(3, false);
    return { kind: 'column', index: windowAt + windowColumnOrder.indexOf(column), type, span: node.span };
  }

  /**
   * GROUPING(a, b), GROUPING_ID(a, b): a bit a key, 1 where the set has it not. GROUP_ID(): how many equal sets were
   * written before.
   */
  #groupingBits(node: FunctionCall): Expression | null {
    const name = (node.name.parts[0]?.name ?? '').toUpperCase();
    const { span } = node;
    if (name === 'GROUP_ID') return this.#bySet((set) => earlierEqual(this.#grouping.sets, set), span);
    if (name !== 'GROUPING' && name !== 'GROUPING_ID') return null;
    const keys = (node.arguments ?? []).map(({ value }) => {
      const key = this.#key(value);
      return key?.kind === 'column' ? key.index : fail('B010', value.span, `${name} takes keys of GROUP BY`);
    });
    if (keys.length === 0) fail('B005', span, `${name} takes keys of GROUP BY`);
    const bitsOf = (set: readonly number[]): bigint =>
      keys.reduce((bits, key) => (bits << 1n) | (set.includes(key) ? 0n : 1n), 0n);
    return this.#bySet(bitsOf, span);
  }

  /** A number that depends on the grouping set of a row. */
  #bySet(numberOf: (set: readonly number[]) => bigint, span: Span): Expression {
    const { sets } = this.#grouping;
    if (new Set(sets.map(numberOf)).size === 1) return literal(numberOf(sets[0] ?? []), BIGINT(false), span);
    const set: Expression = { kind: 'column', index: this.#grouping.keys.length, type: BIGINT(false), span };
    const args = sets.flatMap((each, id) => [
      call('=', [set, literal(BigInt(id), BIGINT(false), span)], span),
      literal(numberOf(each), BIGINT(false), span),
    ]);
    return caseCall([...args.slice(0, -2), args.at(-1) as Expression], span);
  }
}

/** How many of the sets before have the same keys. */
function earlierEqual(sets: readonly (readonly number[])[], set: readonly number[]): bigint {
  return BigInt(sets.slice(0, sets.indexOf(set)).filter((other) => sameSet(other, set)).length);
}

function isConstantNode(node: Syntax): boolean {
  return node.kind.endsWith('Literal');
}

function aggregateText({ name, args, distinct, filter }: AggregateCall): string {
  return `${name}(${distinct ? 'DISTINCT ' : ''}${args.map(expressionText).join(',')})${filter === null ? '' : expressionText(filter)}`;
}

function groupingOf(select: Select, input: LogicalNode, context: ExpressionContext): Grouping {
  const keys: Expression[] = [];
  let window: GroupWindow | null = null;
  const keyOf = (node: Syntax): number[] => {
    const group = groupWindow(node, input, context);
    if (group !== null) {
      if (window !== null) fail('B023', node.span, 'a second group window');
      window = group;
      return [];
    }
    const bound = bindExpression(node, context);
    const text = expressionText(bound);
    const known = keys.findIndex((key) => expressionText(key) === text);
    return [known >= 0 ? known : keys.push(bound) - 1];
  };
  const setsOf = (item: GroupingItem): readonly (readonly number[])[] => {
    if (item.kind === 'emptyGrouping') return [[]];
    if (item.kind === 'rowConstructor' && !item.isExplicit) return [item.fields.flatMap(keyOf)];
    if (item.kind !== 'groupingSets') return [keyOf(item)];
    if (item.form === 'GROUPING SETS') return item.items.flatMap(setsOf);
    const parts = item.items.map((part) => setsOf(part)[0] ?? []);
    if (item.form === 'ROLLUP')
      return Array.from({ length: parts.length + 1 }, (_, at) => parts.slice(0, parts.length - at).flat());
    return Array.from({ length: 2 ** parts.length }, (_, bits) =>
      parts.filter((_part, at) => (bits & (1 << (parts.length - 1 - at))) === 0).flat(),
    );
  };
  let sets: readonly (readonly number[])[] = [[]];
  for (const item of select.groupBy?.items ?? []) {
    const next = setsOf(item);
    sets = sets.flatMap((set) => next.map((added) => [...new Set([...set, ...added])]));
  }
  if (window !== null && sets.length > 1) {
    fail('B023', select.groupBy?.span ?? select.span, 'a group window takes no grouping sets', {
      help: 'use the window function in FROM: TUMBLE(TABLE t, ...)',
    });
  }
  return { keys, sets, window };
}

function groupWindow(node: Syntax, input: LogicalNode, context: ExpressionContext): GroupWindow | null {
  if (node.kind !== 'functionCall' || node.over !== null) return null;
  const name = (node.name.parts[0]?.name ?? '').toUpperCase();
  if (name !== 'TUMBLE' && name !== 'HOP' && name !== 'SESSION') return null;
  const [time, ...intervals] = (node.arguments ?? []).map(({ value }) => value);
  const wanted = name === 'HOP' ? 2 : 1;
  if (time === undefined || intervals.length !== wanted)
    fail(
      'B023',
      node.span,
      `${name} in GROUP BY takes a time attribute and ${wanted === 1 ? 'an interval' : 'two intervals'}`,
    );
  const bound = bindExpression(time, context);
  const column = bound.kind === 'column' ? input.schema[bound.index] : undefined;
  if (bound.kind !== 'column' || column?.timeAttribute === undefined) {
    fail('B021', time.span, 'a group window needs a time attribute', {
      help: 'declare WATERMARK FOR it in its table, and pass it on unchanged',
    });
  }
  const [first = 0, second = 0] = intervals.map((interval) => {
    const ms = intervalMs(interval, 'interval', interval.span);
    return ms > 0 ? ms : fail('B022', interval.span, 'the interval of a window must be above 0');
  });
  const window: WindowKind =
    name === 'TUMBLE'
      ? { kind: 'tumble', sizeMs: first, offsetMs: 0 }
      : name === 'HOP'
        ? { kind: 'hop', slideMs: first, sizeMs: second, offsetMs: 0 }
        : { kind: 'session', gapMs: first, partition: [] };
  const text = groupWindowText(name, node, context);
  return { window, timeColumn: bound.index, time: column.timeAttribute === 'proctime' ? 'processing' : 'event', text };
}

function groupWindowText(name: string, node: FunctionCall, context: ExpressionContext): string {
  return `${name}(${(node.arguments ?? []).map(({ value }) => expressionText(bindExpression(value, context))).join(',')})`;
}

interface PlannedGroups {
  readonly node: LogicalNode;
  /** A provisional column as a column of the node. */
  place(index: number, expression: Expression): Expression;
}

function planGroups(
  grouping: Grouping,
  input: LogicalNode,
  aggregates: readonly AggregateCall[],
  usedWindow: ReadonlySet<WindowColumn>,
  settings: SelectSettings,
  span: Span,
): PlannedGroups {
  const keyColumns = new Set(grouping.keys.flatMap((key) => (key.kind === 'column' ? [key.index] : [])));
  const traits = grouping.window === null ? windowTraitsAmong(input, keyColumns) : null;
  const columnKey = (column: number | null): number =>
    grouping.keys.findIndex((key) => column !== null && key.kind === 'column' && key.index === column);
  const [startKey, endKey, timeKey] = [traits?.start ?? null, traits?.end ?? null, traits?.windowTime ?? null].map(
    columnKey,
  ) as [number, number, number];
  const isWindowed =
    startKey >= 0 && endKey >= 0 && grouping.sets.every((set) => set.includes(startKey) && set.includes(endKey));
  const windowKeys = isWindowed
    ? new Map<number, WindowColumn>([
        [startKey, 'start'],
        [endKey, 'end'],
        ...(timeKey >= 0 ? [[timeKey, 'time'] as const] : []),
      ])
    : new Map<number, WindowColumn>();
  const plainKeys = grouping.keys.map((_, at) => at).filter((at) => !windowKeys.has(at));

  const prepared = prepareKeys(grouping, input, plainKeys, span);
  const wantedColumns: WindowColumn[] = windowColumnOrder.filter(
    (column) => usedWindow.has(column) || [...windowKeys.values()].includes(column),
  );
  const makeAggregate = (): { readonly node: LogicalNode; readonly windowed: boolean } => {
    if (grouping.window !== null) {
      const { window, timeColumn, time } = grouping.window;
      const assigned = window.kind === 'session' ? { ...window, partition: prepared.keys } : window;
      const column = input.schema[timeColumn];
      if (column === undefined) throw new Error('a group window has a time column');
      const parts = {
        window: { kind: 'assign' as const, window: assigned, timeColumn, time },
        keys: prepared.keys,
        aggregates,
        windowColumns: wantedColumns,
        legacy: true,
        emit: groupWindowEmit(settings.emit, grouping.window, span),
      };
      return { node: windowAggregateNode(prepared.node, parts, column, span), windowed: true };
    }
    if (traits !== null && isWindowed) {
      if (!settings.isDescribed) refuseWindowEmit(settings.emit, span);
      const pushed = belowWindow(prepared.node);
      const keysBelow = pushed === null ? [] : prepared.keys.map((key) => pushed.column(key));
      const argumentsBelow = pushed === null ? null : moved(aggregates, pushed.column);
      if (pushed !== null && argumentsBelow !== null && keysBelow.every((key) => key !== null)) {
        const keys = keysBelow.map(Number);
        const { window } = pushed.time;
        const isSession = window.kind === 'session';
        const partition = isSession ? pushed.partition : [];
        if (!isSession || sameSet(partition, keys)) {
          const assigned = isSession ? { ...window, partition: keys } : window;
          const parts = {
            window: { kind: 'assign' as const, ...pushed.time, window: assigned },
            keys,
            aggregates: argumentsBelow,
            windowColumns: wantedColumns,
            legacy: false,
            emit: null,
          };
          return { node: windowAggregateNode(pushed.input, parts, traits.timeColumn, span), windowed: true };
        }
      }
      if (!(pushed !== null && pushed.time.window.kind === 'session') && traits.end !== null) {
        const window = {
          kind: 'attached' as const,
          startColumn: traits.start,
          endColumn: traits.end,
          window: traits.window,
          time: traits.time,
        };
        const parts = {
          window,
          keys: prepared.keys,
          aggregates,
          windowColumns: wantedColumns,
          legacy: false,
          emit: null,
        };
        return { node: windowAggregateNode(prepared.node, parts, traits.timeColumn, span), windowed: true };
      }
    }
    // Window columns are ordinary keys of an updating aggregation.
    const windowColumns = [...windowKeys.keys()].map((at) => {
      const key = grouping.keys[at];
      return key?.kind === 'column' ? key.index : 0;
    });
    return {
      node: aggregateNode(prepared.node, [...prepared.keys, ...windowColumns], aggregates, settings, span),
      windowed: false,
    };
  };
  const { node, windowed } = makeAggregate();
  const keyCount = prepared.keys.length + (windowed ? 0 : windowKeys.size);
  const columnAt = (index: number): number => {
    if (index >= windowAt) {
      const column = windowColumnOrder[index - windowAt];
      return keyCount + aggregates.length + (column === undefined ? 0 : wantedColumns.indexOf(column));
    }
    if (index >= aggregateAt) return keyCount + index - aggregateAt;
    // The number of the set stands behind the keys.
    if (index === grouping.keys.length) return prepared.keys.length - 1;
    const windowColumn = windowKeys.get(index);
    if (windowColumn === undefined) return plainKeys.indexOf(index);
    if (windowed) return keyCount + aggregates.length + wantedColumns.indexOf(windowColumn);
    return prepared.keys.length + [...windowKeys.keys()].indexOf(index);
  };
  return {
    node,
    place: (index, expression) => {
      const at = columnAt(index);
      const type = node.schema[at]?.type ?? expression.type;
      return { kind: 'column', index: at, type, span: expression.span };
    },
  };
}

/** The keys as columns of the aggregate's input; with several grouping sets, its rows once for each. */
function prepareKeys(
  grouping: Grouping,
  input: LogicalNode,
  plainKeys: readonly number[],
  span: Span,
): { readonly node: LogicalNode; readonly keys: readonly number[] } {
  const own = input.schema.map(({ name, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span },
    name,
  }));
  const isExpanded = grouping.sets.length > 1;
  const computed: { readonly expression: Expression; readonly name: string }[] = [];
  const keys = plainKeys.map((at) => {
    const key = grouping.keys[at];
    if (key === undefined) throw new Error(`no key ${at}`);
    // An expanded key is NULL in some rows, while aggregates still see the column: it is one of its own.
    if (key.kind === 'column' && !isExpanded) return key.index;
    computed.push({
      expression: key,
      name: key.kind === 'column' ? (input.schema[key.index]?.name ?? '') : `$key${at}`,
    });
    return input.schema.length + computed.length - 1;
  });
  const node = computed.length === 0 ? input : projectNode(input, [...own, ...computed], span);
  if (!isExpanded) return { node, keys };
  const varying = keys.filter((_, at) => !grouping.sets.every((set) => set.includes(plainKeys[at] ?? -1)));
  const sets = grouping.sets.map((set, id) => ({
    keep: keys.filter((_, at) => set.includes(plainKeys[at] ?? -1)),
    id,
  }));
  const expanded = expandNode(node, varying, sets, span);
  return { node: expanded, keys: [...keys, node.schema.length] };
}

function moved(
  aggregates: readonly AggregateCall[],
  column: (index: number) => number | null,
): readonly AggregateCall[] | null {
  let possible = true;
  const move = (expression: Expression): Expression =>
    mapColumns(expression, (index, read) => {
      const at = column(index);
      if (at === null) possible = false;
      return { ...read, index: at ?? 0 };
    });
  const result = aggregates.map((aggregate) => ({
    ...aggregate,
    args: aggregate.args.map(move),
    filter: aggregate.filter === null ? null : move(aggregate.filter),
  }));
  return possible ? result : null;
}

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value) => b.includes(value));
}
