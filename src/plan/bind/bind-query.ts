import { pathText } from '../../catalog/object-path.ts';
import type { Session } from '../../catalog/session.ts';
import type { ObjectPath, Table } from '../../catalog/table.ts';
import type { View } from '../../catalog/view.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { commonType } from '../../functions/coercion.ts';
import type {
  DerivedTable,
  Join,
  Limit,
  Query,
  QueryBody,
  Select,
  SetOperation,
  TableAlias,
  TableArgument,
  TableExpression,
  TableReference,
  Values,
} from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { sameType, typeText, withNullable } from '../../types/sql-type.ts';
import type { ColumnExpression, Expression } from '../expression.ts';
import { allChanges, appendOnly, isAppendOnly, type LogicalNode, type SortKey } from '../logical.ts';
import { projectNode } from '../nodes.ts';
import { bindElements, bindElementsJoin } from './bind-elements.ts';
import { bindExpression, isNotYet, notYet } from './bind-expression.ts';
import { bindJoin } from './bind-join.ts';
import {
  bindLateralJoin,
  correlatedFrom,
  isDistinctBeside,
  type LateralRows,
  lateralRows,
  lateralTopN,
} from './bind-lateral.ts';
import { bindMatch } from './bind-match.ts';
import { bindSelect } from './bind-select.ts';
import { bindSetOperation } from './bind-set-operation.ts';
import { tableFunctionElements } from './bind-table-function.ts';
import { unnestElements } from './bind-unnest.ts';
import { bindWindowFunction, isWindowFunction } from './bind-window-function.ts';
import { type BoundFrom, type BoundQuery, ofNode, settled } from './bound-query.ts';
import { castTo } from './calls.ts';
import { castColumns } from './cast-columns.ts';
import type { JoinSettings } from './join-settings.ts';
import { bindLateralElements, selectsElements } from './lateral-elements.ts';
import { miniBatchOf } from './mini-batch.ts';
import { withOptionHints } from './option-hints.ts';
import { orderingOf, refuseUnordered } from './order-by.ts';
import { type BindSubquery, bindBeside, type OuterDomain } from './outer-domain.ts';
import { QueryHints } from './query-hints.ts';
import type { QueryObserver } from './query-observer.ts';
import { emptyScope, type Scope } from './scope.ts';
import { refuseBareNull } from './select-list.ts';
import { SubqueryJoins } from './subqueries.ts';
import type { Syntax } from './syntax.ts';
import { type SourceTraitsOf, scopeOf, tableSource } from './table-source.ts';
import { bindTemporalJoin, isTemporalJoin } from './temporal-join.ts';
import { emitSettingsOf } from './window-emit.ts';

/** The queries of a WITH clause in force, by name. */
type CommonTables = ReadonlyMap<
  string,
  { readonly query: Query; readonly columns: readonly string[] | null; readonly outer: CommonTables }
>;

/** Binds queries of one job: a table, view or CTE that is read twice with the same text is one node. */
export class QueryBinder {
  readonly session: Session;
  readonly #traitsOf: SourceTraitsOf;
  readonly #sources = new Map<string, LogicalNode>();
  readonly #views = new Map<string, BoundQuery>();
  /** Those that are being bound. */
  readonly #openViews = new Set<string>();
  readonly #common = new Map<Query, BoundQuery>();
  readonly #isDescribed: boolean;
  readonly #observer: QueryObserver | null;
  #commonTables: CommonTables = new Map();
  #home: { readonly catalog: string; readonly database: string };

  /** @param isDescribed only the columns are asked for, as of a view */
  constructor(session: Session, traitsOf: SourceTraitsOf, isDescribed = false, observer: QueryObserver | null = null) {
    this.#isDescribed = isDescribed;
    this.#observer = observer;
    this.session = session;
    this.#traitsOf = traitsOf;
    this.#home = session.home;
  }

  get #stateTtlMs(): number {
    return this.session.settings.durationMs('table.exec.state.ttl');
  }

  /** @throws DiagnosticError */
  query(query: Query): LogicalNode {
    return settled(this.bound(query, true));
  }

  /** @throws DiagnosticError B039 for a view that reads itself, be it through others */
  view(view: View): LogicalNode {
    return settled(this.#view(view, view.span));
  }

  /** @param outer the scope of the query around a subquery */
  bound(
    query: Query,
    isOutermost = false,
    outerScope: Scope | null = null,
    domain: OuterDomain | null = null,
  ): BoundQuery {
    const outer = this.#commonTables;
    if (query.with !== null) {
      if (query.with.isRecursive) notYet('W002', query.with.span, 'WITH RECURSIVE');
      for (const { name, columns, query: body } of query.with.items) {
        const inner = new Map(this.#commonTables);
        inner.set(name.name, {
          query: body,
          columns: columns?.map((column) => column.name) ?? null,
          outer: this.#commonTables,
        });
        this.#commonTables = inner;
      }
    }
    try {
      const body = this.#body(query.body, outerScope, domain);
      return this.#ordered(body, query, { isOutermost, outer: outerScope, domain });
    } finally {
      this.#commonTables = outer;
    }
  }

  #body(body: QueryBody, outer: Scope | null = null, domain: OuterDomain | null = null): BoundQuery {
    switch (body.kind) {
      case 'select':
        return this.#select(body, outer, domain);
      case 'values':
        return ofNode(this.#values(body));
      case 'explicitTable':
        return this.#table({
          kind: 'tableReference',
          name: body.name,
          hints: [],
          asOf: null,
          alias: null,
          span: body.span,
        }).bound;
      case 'parenthesizedQuery':
        return this.bound(body.query, false, outer, domain);
      case 'setOperation':
        return ofNode(this.#setOperation(body, outer));
    }
  }

  #select(select: Select, outer: Scope | null, domain: OuterDomain | null): BoundQuery {
    const hints = new QueryHints(select.hints);
    const defaultTtlMs = this.#stateTtlMs;
    const subqueries = { bind: this.#bindSubquery, stateTtlMs: defaultTtlMs, isDescribed: this.#isDescribed };
    const joins: JoinSettings = {
      functions: this.session.functions,
      stateTtlMs: ({ relations }) => hints.stateTtlMs(relations) ?? defaultTtlMs,
      lookup: (table) => this.#traitsOf(table).lookup,
      lookupHint: ({ relations }) => hints.lookup(relations),
      lookupDefaults: {
        capacity: this.session.settings.int('table.exec.async-lookup.buffer-capacity'),
        timeoutMs: this.session.settings.durationMs('table.exec.async-lookup.timeout'),
      },
      outer,
      subqueriesOver: (node, outerColumn) => new SubqueryJoins(node, subqueries, outerColumn),
    };
    const from = select.from === null ? null : this.from(select.from, joins);
    this.#observer?.select(select, from?.scope ?? emptyScope);
    const relations = from?.scope.relations ?? [];
    hints.check(relations);
    const stateTtlMs = hints.stateTtlMs(relations) ?? defaultTtlMs;
    const isDescribed = this.#isDescribed;
    return bindSelect(select, from, {
      functions: this.session.functions,
      stateTtlMs,
      unhintedTtlMs: defaultTtlMs,
      miniBatch: miniBatchOf(this.session.settings, (select.groupBy ?? select).span),
      emit: emitSettingsOf(this.session.settings),
      isDescribed,
      outer,
      domain,
      subqueries: { bind: this.#bindSubquery, stateTtlMs, isDescribed },
    });
  }

  readonly #bindSubquery: BindSubquery = (query, scope, domain) => this.bound(query, false, scope, domain);

  from(node: TableExpression, joins: JoinSettings): BoundFrom {
    switch (node.kind) {
      case 'tableReference':
        return this.#table(node);
      case 'derivedTable': {
        const bound = this.bound(node.query, false, joins.outer);
        const { correlation } = bound;
        if (correlation === undefined || bound.isOneRow === true) return aliased(bound, node.alias, null);
        return correlatedFrom(lateralRows(bound, correlation, this.#stateTtlMs, node.span), node);
      }
      case 'tableFunction': {
        const name = node.name.parts
          .map((part) => part.name)
          .join('.')
          .toUpperCase();
        if (!isWindowFunction(name)) return bindElements(tableFunctionElements(node, this.session.functions), joins);
        const window = bindWindowFunction(node, name, (argument) => this.#tableArgument(argument));
        return aliased(ofNode(window), node.alias, null);
      }
      case 'parenthesizedJoin':
        return this.from(node.join, joins);
      case 'join': {
        const { right } = node;
        const left = this.from(node.left, joins);
        if (right.kind === 'unnest') return bindElementsJoin(node, left, unnestElements(right, joins.functions), joins);
        if (right.kind === 'tableFunction' && right.isLateral)
          return bindElementsJoin(node, left, tableFunctionElements(right, joins.functions), joins);
        if (right.kind === 'derivedTable' && right.isLateral) return this.#lateralJoin({ ...node, right }, left, joins);
        if (isTemporalJoin(node)) {
          return bindTemporalJoin(node, left, this.from({ ...node.right, asOf: null }, joins), joins);
        }
        return bindJoin(node, left, this.from(right, joins), joins);
      }
      case 'unnest':
        return bindElements(unnestElements(node, joins.functions), joins);
      case 'matchRecognize': {
        const match = bindMatch(node, this.from(node.table, joins), this.session.functions);
        return aliased(ofNode(match), node.alias, null);
      }
      case 'pivot':
      case 'unpivot':
      case 'tableSample':
        return notYet('W002', node.span, node.kind.toUpperCase());
    }
  }

  /** LATERAL: the query is bound with the names on its left. */
  #lateralJoin(node: Join & { readonly right: DerivedTable }, left: BoundFrom, joins: JoinSettings): BoundFrom {
    const { query, span } = node.right;
    const { body } = query;
    if (body.kind === 'select' && body.from?.kind === 'unnest' && selectsElements(node.right, joins)) {
      const isPadded = node.type === 'RIGHT' || node.type === 'FULL';
      const isPlain = !isPadded && !node.isNatural && node.condition?.kind !== 'joinUsing';
      const elements = unnestElements(body.from, joins.functions);
      const found = isPlain ? bindLateralElements(node, body, left, elements, joins) : null;
      if (found !== null) return found;
    }
    if (query.body.kind === 'values') notYet('W003', span, 'LATERAL VALUES');
    const scope: Scope = joins.outer === null ? left.scope : { ...left.scope, outer: joins.outer };
    const unlimited = { ...query, orderBy: [], limit: null, offset: null };
    const join = (bound: BoundQuery): BoundFrom => {
      if (bound.correlation === undefined) {
        return bindJoin(node, left, aliased(this.bound(query, false, scope), node.right.alias, null), joins);
      }
      const rows = lateralRows(bound, bound.correlation, this.#stateTtlMs, span);
      return bindLateralJoin(node, left, this.#lateralLimit(rows, bound, query, left), joins);
    };
    try {
      return join(this.bound(unlimited, false, scope));
    } catch (simply) {
      // Without rows of its own it is a value of the row on the left, which Flink does not plan either.
      const hasRows = query.body.kind === 'select' && query.body.from !== null;
      if (!isNotYet(simply) || !hasRows || joins.outer !== null) throw simply;
      const columnOf = (index: number, column: ColumnExpression): Expression => ({ ...column, index });
      const around = { rows: settled(left.bound), columnOf, stateTtlMs: this.#stateTtlMs, span };
      try {
        return join(bindBeside(this.#bindSubquery, unlimited, scope, around));
      } catch (beside) {
        throw isNotYet(beside) ? simply : beside;
      }
    }
  }

  /** ORDER BY and LIMIT of a query that looks at the rows on its left: the first rows for each of them. */
  #lateralLimit(rows: LateralRows, bound: BoundQuery, query: Query, left: BoundFrom): LateralRows {
    const fetch = this.#count(query.limit);
    if (fetch === null) return query.offset === null ? rows : notYet('W003', query.offset.span, 'OFFSET in LATERAL');
    const select = query.body.kind === 'select' ? query.body : null;
    const { keys, hidden } = orderingOf(query.orderBy, bound.schema, select);
    if (keys.length === 0 || hidden.length > 0) {
      notYet('W003', query.span, 'LIMIT in LATERAL that is not ordered by what it selects');
    }
    if (!isDistinctBeside(rows, settled(left.bound))) {
      notYet('W003', query.span, 'LIMIT in LATERAL beside rows that are not distinct by its condition');
    }
    const offset = query.offset === null ? 0 : this.#constant(query.offset);
    return lateralTopN(rows, keys, { start: offset + 1, end: offset + fetch }, this.#stateTtlMs, query.span);
  }

  #tableArgument({ table, span }: TableArgument): LogicalNode {
    if (table.kind === 'query') return settled(this.bound(table));
    const { bound } = this.#table({ kind: 'tableReference', name: table, hints: [], asOf: null, alias: null, span });
    return settled(bound);
  }

  #table(node: TableReference): BoundFrom {
    const found = this.#tableNamed(node);
    this.#observer?.table(
      node.name,
      found.path,
      found.from.bound.schema.map(({ name }) => name),
    );
    return found.from;
  }

  #tableNamed(node: TableReference): { readonly from: BoundFrom; readonly path: ObjectPath | null } {
    if (node.asOf !== null) notYet('W002', node.asOf.span, 'FOR SYSTEM_TIME AS OF');
    const [only] = node.name.parts;
    const common = node.name.parts.length === 1 ? this.#commonTables.get(only?.name ?? '') : undefined;
    if (common !== undefined && only !== undefined) {
      const from = aliased(named(this.#commonTable(common), common.columns, node.span), node.alias, only.name);
      return { from, path: null };
    }
    const object = this.session.get(node.name, this.#home);
    const name = node.name.parts.at(-1)?.name ?? '';
    if (object.kind === 'view') {
      const options = node.hints.find(({ name: hint }) => hint.name.toUpperCase() === 'OPTIONS');
      if (options !== undefined) fail('B039', options.span, 'OPTIONS goes with a table, and this is a view');
      const { view } = object;
      const bound = withViewColumns(this.#view(view, node.span), view, node.span);
      return { from: aliased(bound, node.alias, name, view.path), path: view.path };
    }
    const table = withOptionHints(object.table, node.hints, this.session);
    const key = `${pathText(table.path)} ${[...table.options].map(([option, { value }]) => `${option}=${value}`).join(' ')}`;
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = tableSource(table, this.session, this.#traitsOf(table), node.span);
      this.#sources.set(key, source);
    }
    return { from: aliased(ofNode(source), node.alias, name, table.path), path: table.path };
  }

  #commonTable({ query, outer }: { readonly query: Query; readonly outer: CommonTables }): BoundQuery {
    const known = this.#common.get(query);
    if (known !== undefined) return known;
    const here = this.#commonTables;
    this.#commonTables = outer;
    try {
      const bound = this.bound(query);
      this.#common.set(query, bound);
      return bound;
    } finally {
      this.#commonTables = here;
    }
  }

  #view({ path, query, home }: View, span: Span): BoundQuery {
    const key = pathText(path);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const outer = { commonTables: this.#commonTables, home: this.#home };
    if (this.#openViews.has(key)) fail('B039', span, `view "${key}" would read itself`);
    this.#openViews.add(key);
    this.#commonTables = new Map();
    this.#home = home;
    try {
      const bound = this.bound(query);
      this.#views.set(key, bound);
      return bound;
    } finally {
      this.#openViews.delete(key);
      this.#commonTables = outer.commonTables;
      this.#home = outer.home;
    }
  }

  #values(values: Values): LogicalNode {
    const rows = values.rows.map((row) =>
      row.fields.map((field) => {
        refuseBareNull(field);
        return bindExpression(field, { scope: emptyScope, functions: this.session.functions });
      }),
    );
    const width = rows[0]?.length ?? 0;
    for (const [at, row] of rows.entries()) {
      if (row.length !== width)
        fail('B019', values.rows[at]?.span ?? values.span, `this row has ${row.length} values, the first has ${width}`);
    }
    const schema = Array.from({ length: width }, (_, at): Column => {
      const column = rows.flatMap((row) => row[at] ?? []);
      const type = commonType(column.map((value) => value.type));
      if (type === null) {
        const notes = column.map((value) => ({ message: typeText(value.type), span: value.span }));
        return fail('B006', values.span, `column ${at + 1} of VALUES has no common type`, { notes });
      }
      return { name: `EXPR$${at}`, type };
    });
    const cast = rows.map((row) =>
      row.map((value, at) => castTo(value, withNullable(schema[at]?.type ?? value.type, value.type.nullable))),
    );
    return { kind: 'values', rows: cast, schema, changes: appendOnly, span: values.span };
  }

  #setOperation(node: SetOperation, outer: Scope | null): LogicalNode {
    const [left, right] = [settled(this.#body(node.left, outer)), settled(this.#body(node.right, outer))];
    return bindSetOperation(node, left, right, this.#stateTtlMs);
  }

  /** ORDER BY, LIMIT and OFFSET. Without a limit, the order of a query within another means nothing. */
  #ordered(bound: BoundQuery, query: Query, around: SelectAround & { readonly isOutermost: boolean }): BoundQuery {
    if (query.orderBy.length === 0 && query.limit === null && query.offset === null) return bound;
    const fetch = this.#count(query.limit);
    const offset = query.offset === null ? 0 : this.#constant(query.offset);
    if (fetch === null && query.offset !== null)
      fail('B034', query.offset.span, 'OFFSET needs a LIMIT behind it: the stream has no end to skip to');
    if (query.orderBy.length === 0) return fetch === null ? bound : this.#limited(bound, query, { offset, fetch });
    const select = query.body.kind === 'select' ? query.body : null;
    const { keys, hidden } = orderingOf(query.orderBy, bound.schema, select);
    if (bound.correlation !== undefined && fetch !== null) {
      const ranks = { start: offset + 1, end: offset + fetch };
      return this.#firstRows(this.#besideHidden(bound, query, hidden, around), bound.schema, keys, ranks, query.span);
    }
    const input = this.#withHidden(bound, query, hidden, around);
    refuseUnordered(query.orderBy, keys, input.schema);
    if (fetch === null) {
      if (!around.isOutermost) return bound;
      const sorted = this.#sorted(input, keys, query);
      return ofNode(
        hidden.length === 0 ? sorted : projectNode(sorted, ownColumns(sorted, bound.schema.length), query.span),
      );
    }
    const { schema } = input;
    const node: LogicalNode = {
      kind: 'top-n',
      input,
      partition: [],
      order: keys,
      rankStart: offset + 1,
      rankEnd: offset + fetch,
      outputRank: false,
      window: null,
      stateTtlMs: this.#stateTtlMs,
      schema,
      changes: allChanges,
      span: query.span,
    };
    return ofNode(hidden.length === 0 ? node : projectNode(node, ownColumns(node, bound.schema.length), query.span));
  }

  #limited(bound: BoundQuery, query: Query, { offset, fetch }: { offset: number; fetch: number }): BoundQuery {
    const node = settled(bound);
    const { schema } = node;
    const changes = isAppendOnly(node.changes) ? appendOnly : allChanges;
    const span = query.limit?.span ?? query.span;
    const stateTtlMs = this.#stateTtlMs;
    return ofNode({ kind: 'limit', input: node, offset, fetch, stateTtlMs, schema, changes, span });
  }

  /** The query with the expressions that it is ordered by behind its columns. */
  #withHidden(bound: BoundQuery, query: Query, hidden: readonly Syntax[], around: SelectAround): LogicalNode {
    const node = settled(this.#besideHidden(bound, query, hidden, around));
    if (hidden.length === 0 || query.body.kind === 'select') return node;
    const context = { scope: scopeOf(node.schema), functions: this.session.functions };
    const computed = hidden.map((value, at) => ({ expression: bindExpression(value, context), name: `$${at}` }));
    return projectNode(node, [...ownColumns(node, node.schema.length), ...computed], query.span);
  }

  /** A SELECT with those expressions in its list too. @throws DiagnosticError B034 */
  #besideHidden(
    bound: BoundQuery,
    { body, span }: Query,
    hidden: readonly Syntax[],
    { outer, domain }: SelectAround,
  ): BoundQuery {
    if (hidden.length === 0 || body.kind !== 'select') return bound;
    if (body.quantifier === 'DISTINCT')
      fail('B034', hidden[0]?.span ?? span, 'SELECT DISTINCT is ordered by columns that it selects');
    const items = hidden.map((value) => ({ kind: 'selectItem' as const, value, alias: null, span: value.span }));
    return this.#select({ ...body, items: [...body.items, ...items] }, outer, domain);
  }

  /** Of what a subquery selects for each row around it, the first in an order. @throws DiagnosticError W003 */
  #firstRows(
    bound: BoundQuery,
    schema: Schema,
    keys: readonly SortKey[],
    ranks: { readonly start: number; readonly end: number },
    span: Span,
  ): BoundQuery {
    const { correlation } = bound;
    if (correlation === undefined) throw new Error('a query that looks at the row around it');
    const rows = lateralRows(bound, correlation, this.#stateTtlMs, span);
    const { node, conditions } = lateralTopN(rows, keys, ranks, this.#stateTtlMs, span);
    const values = schema.map(({ type }, index): Expression => ({ kind: 'column', index, type, span }));
    return { schema, node, ranking: null, correlation: { values, conditions, isDistinct: false } };
  }

  #sorted(node: LogicalNode, keys: readonly SortKey[], query: Query): LogicalNode {
    const [key] = keys;
    const attribute = key === undefined ? undefined : node.schema[key.column]?.timeAttribute;
    if (attribute === undefined || key?.descending === true) {
      fail(
        'B034',
        query.orderBy[0]?.span ?? query.span,
        'a stream can only be sorted by its time attribute, ascending',
        {
          help: 'add a LIMIT: the first rows are kept up to date',
        },
      );
    }
    if (!isAppendOnly(node.changes)) {
      fail('B032', query.orderBy[0]?.span ?? query.span, 'a result that is updated cannot be sorted by time', {
        help: 'add a LIMIT: the first rows are kept up to date',
      });
    }
    // Rows come in the order of processing time as it is.
    if (attribute === 'proctime' && keys.length === 1) return node;
    const { schema, changes } = node;
    const time = attribute === 'rowtime' ? 'event' : 'processing';
    return { kind: 'sort', input: node, order: keys, time, schema, changes, span: query.span };
  }

  #count(limit: Limit | null): number | null {
    if (limit === null) return null;
    if (limit.count === null) return limit.form === 'FETCH' ? 1 : null;
    return this.#constant(limit.count);
  }

  #constant(node: Syntax): number {
    const bound = bindExpression(node, { scope: emptyScope, functions: this.session.functions });
    if (
      bound.kind !== 'literal' ||
      (typeof bound.value !== 'number' && typeof bound.value !== 'bigint') ||
      Number(bound.value) < 0
    ) {
      return fail('B007', node.span, 'a number of rows is expected here');
    }
    // A fraction is cut off, as in Flink.
    return Math.trunc(Number(bound.value) / (bound.type.kind === 'DECIMAL' ? 10 ** bound.type.scale : 1));
  }
}

/** What stands around a SELECT that is a subquery. */
interface SelectAround {
  readonly outer: Scope | null;
  readonly domain: OuterDomain | null;
}

/** The first columns of a node, as they are. */
function ownColumns(node: LogicalNode, count: number): readonly { expression: Expression; name: string }[] {
  return node.schema.slice(0, count).map(({ name, type }, index) => ({
    expression: { kind: 'column', index, type, span: node.span },
    name,
  }));
}

/** The same rows under other column names. */
function named(bound: BoundQuery, columns: readonly string[] | null, span: Span): BoundQuery {
  if (columns === null || columns.every((name, at) => name === bound.schema[at]?.name)) return bound;
  if (columns.length !== bound.schema.length)
    fail('B019', span, `${columns.length} names for ${bound.schema.length} columns`);
  const schema = bound.schema.map((column, at) => ({ ...column, name: columns[at] ?? column.name }));
  if (bound.node === null || bound.correlation !== undefined) return { ...bound, schema };
  const renamed = bound.node.schema.map(({ type }, index) => ({
    expression: { kind: 'column' as const, index, type, span },
    name: columns[index] ?? '',
  }));
  return ofNode(projectNode(bound.node, renamed, span));
}

function aliased(
  bound: BoundQuery,
  alias: TableAlias | null,
  name: string | null,
  path: Table['path'] | null = null,
): BoundFrom {
  const renamed =
    alias === null ? bound : named(bound, alias.columns?.map((column) => column.name) ?? null, alias.span);
  const relation = {
    alias: alias?.name.name ?? name,
    path: alias === null ? path : null,
    start: 0,
    count: renamed.schema.length,
  };
  return { bound: renamed, scope: { schema: renamed.schema, relations: [relation] } };
}

/** A view's rows under the names and types that it had when it was made, whatever its tables are now. */
function withViewColumns(bound: BoundQuery, { columns }: View, span: Span): BoundQuery {
  const renamed = named(
    bound,
    columns.map(({ name }) => name),
    span,
  );
  const { node, schema } = renamed;
  const made = schema.map((column, at) => ({ ...column, type: columns[at]?.type ?? column.type }));
  const isAsMade = made.every(({ type }, at) => sameType(type, schema[at]?.type ?? type));
  return node === null || isAsMade ? renamed : ofNode(castColumns(node, made, span));
}
