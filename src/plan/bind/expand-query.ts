import type { ObjectPath } from '../../catalog/table.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { quotedFunctions } from '../../functions/catalog-names.ts';
import type {
  Case,
  Expression,
  FunctionCall,
  Identifier,
  QualifiedName,
  Query,
  QueryBody,
  Select,
  SelectItem,
  TableAlias,
  TableArgument,
  TableExpression,
} from '../../sql/ast.ts';
import type { QueryObserver } from './query-observer.ts';
import { relationsNamed, type Scope, shownColumns } from './scope.ts';

/** What the names of a query mean, collected while it is bound. */
export class QueryNames implements QueryObserver {
  readonly #scopes = new Map<Select, Scope>();
  readonly #paths = new Map<QualifiedName, { readonly path: ObjectPath | null; readonly columns: readonly string[] }>();

  select(select: Select, scope: Scope): void {
    this.#scopes.set(select, scope);
  }

  table(name: QualifiedName, path: ObjectPath | null, columns: readonly string[]): void {
    this.#paths.set(name, { path, columns });
  }

  /** Of all tables and views, what others read before these. */
  paths(): readonly ObjectPath[] {
    return [...this.#paths.values()].flatMap(({ path }) => path ?? []);
  }

  scopeOf(select: Select): Scope | undefined {
    return this.#scopes.get(select);
  }

  /** `path`: null for a query of WITH. */
  tableOf(name: QualifiedName): { readonly path: ObjectPath | null; readonly columns: readonly string[] } | undefined {
    return this.#paths.get(name);
  }
}

/**
 * The query written out, as a view keeps it: tables by their full paths, columns under their tables' names, stars as the
 * columns that they are now. Names that mean several things, or nothing here, stay as they were written.
 */
export function expandQuery(query: Query, names: QueryNames, form: 'view' | 'plan'): Query {
  return new Expander(names, form).query(query, []);
}

/** A scope with the names under which its tables' columns are written. */
interface NamedScope {
  readonly scope: Scope;
  readonly names: readonly string[];
}

/** Of the selects around an expression, the innermost first. */
type Scopes = readonly NamedScope[];

class Expander {
  readonly #names: QueryNames;
  readonly #form: 'view' | 'plan';
  /** Of tables without a name: `EXPR$0`, as Flink calls them. */
  #nameless = 0;

  constructor(names: QueryNames, form: 'view' | 'plan') {
    this.#names = names;
    this.#form = form;
  }

  query(query: Query, outer: Scopes): Query {
    const items = query.with?.items.map((item) => ({
      ...item,
      name: quoted(item.name),
      columns: item.columns?.map(quoted) ?? null,
      query: this.query(item.query, outer),
    }));
    const body = this.#body(query.body, outer);
    // What a query is ordered by are names of its own columns first.
    const orderBy = query.orderBy.map((item) => ({ ...item, value: this.#expression(item.value, []) }));
    return { ...query, with: query.with && { ...query.with, items: items ?? [] }, body, orderBy };
  }

  #body(body: QueryBody, outer: Scopes): QueryBody {
    switch (body.kind) {
      case 'select':
        return this.#select(body, outer);
      case 'parenthesizedQuery':
        return { ...body, query: this.query(body.query, outer) };
      case 'setOperation':
        return { ...body, left: this.#body(body.left, outer), right: this.#body(body.right, outer) };
      case 'explicitTable':
        return { ...body, name: this.#path(body.name) };
      case 'values':
        return this.#tree(body, outer);
    }
  }

  #select(select: Select, outer: Scopes): Select {
    const scope = this.#names.scopeOf(select);
    const leaves = select.from === null ? [] : leavesOf(select.from);
    const aliases = leaves.map((leaf) => aliasOf(leaf) ?? `EXPR$${this.#nameless++}`);
    const isKnown = scope !== undefined && scope.relations.length === aliases.length;
    const scopes = isKnown ? [{ scope, names: aliases }, ...outer] : outer;
    const from =
      select.from && this.#from(select.from, new Map(leaves.map((leaf, at) => [leaf, aliases[at] ?? ''])), scopes);
    const { groupBy, where, having, qualify } = select;
    return {
      ...select,
      items: this.#items(select.items, scopes),
      from,
      where: where && this.#expression(where, scopes),
      groupBy: groupBy && this.#tree(groupBy, scopes),
      having: having && this.#expression(having, scopes),
      qualify: qualify && this.#expression(qualify, scopes),
      windows: select.windows.map((window) => ({ ...this.#tree(window, scopes), name: quoted(window.name) })),
    };
  }

  /** With stars spread; a name that a star gives twice has a digit from the second on. */
  #items(items: readonly SelectItem[], scopes: Scopes): readonly SelectItem[] {
    const taken = new Set<string>();
    return items.flatMap((item): readonly SelectItem[] => {
      const { value, alias, span } = item;
      if (value.kind !== 'star') {
        const own = alias?.name ?? (value.kind === 'columnReference' ? value.name.parts.at(-1)?.name : undefined);
        if (own !== undefined) taken.add(own);
        return [{ ...item, value: this.#expression(value, scopes), alias: alias && quoted(alias) }];
      }
      const [here] = scopes;
      const columns = here === undefined ? null : starColumns(here, value.qualifier, span);
      if (columns === null) return [item];
      return columns.map(({ name, parts }): SelectItem => {
        let free = name;
        for (let digit = 0; taken.has(free); digit++) free = `${name}${digit}`;
        taken.add(free);
        const reference = { kind: 'columnReference' as const, name: qualified(parts, span), span };
        return { ...item, value: reference, alias: free === name ? null : identifier(free, span) };
      });
    });
  }

  #from(node: TableExpression, aliases: ReadonlyMap<TableExpression, string>, scopes: Scopes): TableExpression {
    const alias = aliases.get(node) ?? '';
    switch (node.kind) {
      case 'tableReference': {
        const asOf = node.asOf && this.#expression(node.asOf, scopes);
        return { ...node, name: this.#path(node.name), asOf, alias: named(node.alias, alias, node.span) };
      }
      case 'derivedTable': {
        const query = this.query(node.query, node.isLateral ? scopes : scopes.slice(1));
        return { ...node, query, alias: named(node.alias, alias, node.span) };
      }
      case 'tableFunction': {
        const args = node.arguments.map((argument) => ({
          ...argument,
          name: argument.name && quoted(argument.name),
          value: this.#argument(argument.value, scopes),
        }));
        return { ...node, isWrapped: true, arguments: args, alias: named(node.alias, alias, node.span) };
      }
      case 'unnest': {
        const values = node.values.map((value) => this.#expression(value, scopes));
        return { ...node, values, alias: named(node.alias, alias, node.span) };
      }
      case 'join': {
        const condition =
          node.condition?.kind === 'joinOn'
            ? { ...node.condition, condition: this.#expression(node.condition.condition, scopes) }
            : node.condition && { ...node.condition, columns: node.condition.columns.map(quoted) };
        const [left, right] = [node.left, node.right].map((side) => this.#from(side, aliases, scopes));
        return { ...node, left: left!, right: right!, condition };
      }
      case 'parenthesizedJoin':
        return { ...node, join: this.#from(node.join, aliases, scopes) };
      case 'matchRecognize':
      case 'pivot':
      case 'unpivot':
      case 'tableSample': {
        // Their own names are not the columns of a table.
        const inner = leavesOf(node.table);
        const within = new Map(inner.map((leaf) => [leaf, aliasOf(leaf) ?? '']));
        if (node.kind === 'matchRecognize' && this.#form === 'plan') {
          // No name may stand before the word. Flink's text of a view has one, and so the view is refused where it is read.
          const table = { ...this.#from(node.table, within, []), alias: null } as TableExpression;
          return { ...node, table, alias: named(node.alias, alias, node.span) };
        }
        return { ...node, table: this.#from(node.table, within, []) } as TableExpression;
      }
    }
  }

  /** An argument of a table function: `TABLE t` is all columns of t. */
  #argument(value: Expression, scopes: Scopes): Expression {
    if (value.kind === 'descriptor') {
      return { ...value, columns: value.columns.map((column) => ({ ...column, name: quotedName(column.name) })) };
    }
    if (value.kind !== 'tableArgument') return this.#expression(value, scopes);
    const { table, span } = value;
    if (table.kind === 'query') return { ...value, table: this.query(table, []) };
    return this.#wholeTable(value, table, span);
  }

  #wholeTable(argument: TableArgument, name: QualifiedName, span: Span): TableArgument {
    const found = this.#names.tableOf(name);
    const alias = name.parts.at(-1)?.name ?? '';
    if (found === undefined) return argument;
    const select: Select = {
      kind: 'select',
      hints: [],
      isStream: false,
      quantifier: null,
      items: found.columns.map((column) => ({
        kind: 'selectItem',
        value: { kind: 'columnReference', name: qualified([alias, column], span), span },
        alias: null,
        span,
      })),
      from: {
        kind: 'tableReference',
        name: this.#path(name),
        hints: [],
        asOf: null,
        alias: named(null, alias, span),
        span,
      },
      where: null,
      groupBy: null,
      having: null,
      qualify: null,
      windows: [],
      span,
    };
    return {
      ...argument,
      table: { kind: 'query', with: null, body: select, orderBy: [], offset: null, limit: null, span },
    };
  }

  #path(name: QualifiedName): QualifiedName {
    const path = this.#names.tableOf(name)?.path ?? null;
    return path === null ? quotedName(name) : qualified([path.catalog, path.database, path.name], name.span);
  }

  #expression(node: Expression, scopes: Scopes): Expression {
    switch (node.kind) {
      case 'columnReference':
        return { ...node, name: columnName(node.name, scopes) };
      case 'functionCall': {
        const over = node.over?.kind === 'identifier' ? quoted(node.over) : node.over;
        return this.#tree({ ...node, name: functionName(node), over }, scopes);
      }
      case 'trim':
        return this.#tree(
          { ...node, side: node.side ?? 'BOTH', characters: node.characters ?? blank(node.span) },
          scopes,
        );
      case 'case':
        return this.#case(node, scopes);
      default:
        return this.#tree(node, scopes);
    }
  }

  #case(node: Case, scopes: Scopes): Expression {
    const { operand, span } = node;
    const branches =
      operand === null
        ? node.branches
        : node.branches.map((branch) => ({
            ...branch,
            when: branch.when.map(
              (right): Expression => ({ kind: 'binary', operator: '=', left: operand, right, span: right.span }),
            ),
          }));
    const otherwise = node.otherwise ?? { kind: 'nullLiteral' as const, span };
    return this.#tree({ ...node, operand: null, branches, otherwise }, scopes);
  }

  /** The node with what is below it written out. */
  #tree<N extends object>(node: N, scopes: Scopes): N {
    const inner = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(inner);
      if (typeof value !== 'object' || value === null || !('kind' in value)) return value;
      return value.kind === 'query'
        ? this.query(value as Query, scopes)
        : this.#expression(value as Expression, scopes);
    };
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, key === 'span' || key === 'name' ? value : inner(value)]),
    ) as N;
  }
}

/** What stands in FROM under a name each, from the left. */
function leavesOf(node: TableExpression): readonly TableExpression[] {
  switch (node.kind) {
    case 'join':
      return [...leavesOf(node.left), ...leavesOf(node.right)];
    case 'parenthesizedJoin':
      return leavesOf(node.join);
    default:
      return [node];
  }
}

function aliasOf(leaf: TableExpression): string | null {
  const own = 'alias' in leaf ? leaf.alias?.name.name : undefined;
  return own ?? (leaf.kind === 'tableReference' ? (leaf.name.parts.at(-1)?.name ?? null) : null);
}

/** `t.a` of a name that means one column here; else the name as it is. */
function columnName(name: QualifiedName, scopes: Scopes): QualifiedName {
  const { parts, span } = name;
  for (const { scope, names } of scopes) {
    for (let qualifiers = Math.min(parts.length - 1, 3); qualifiers >= 1; qualifiers--) {
      const [relation, ...others] = relationsNamed(scope, parts.slice(0, qualifiers));
      if (relation === undefined || others.length > 0) continue;
      const alias = names[scope.relations.indexOf(relation)] ?? '';
      return qualified([alias, ...parts.slice(qualifiers).map((part) => part.name)], span);
    }
    const [found, ...others] = shownColumns(scope).filter((column) => column.name === parts[0]?.name);
    if (found === undefined) continue;
    const alias = found.columns.length === 1 ? nameOfColumn(scope, names, found.columns[0] ?? 0) : null;
    if (others.length > 0 || alias === null) break;
    return qualified([alias, ...parts.map((part) => part.name)], span);
  }
  return quotedName(name);
}

function nameOfColumn(scope: Scope, names: readonly string[], column: number): string | null {
  const at = scope.relations.findIndex(({ start, count }) => column >= start && column < start + count);
  return names[at] ?? null;
}

/** What a star stands for; null for the fields of a ROW. */
function starColumns(
  { scope, names }: NamedScope,
  qualifier: QualifiedName | null,
  span: Span,
): readonly { readonly name: string; readonly parts: readonly string[] }[] | null {
  const relations = qualifier === null ? scope.relations : relationsNamed(scope, qualifier.parts);
  if (relations.length === 0 || span.end < span.start) return null;
  const shown = shownColumns(qualifier === null ? scope : { schema: scope.schema, relations });
  return shown.map(({ name, columns }) => {
    const alias = columns.length === 1 ? nameOfColumn(scope, names, columns[0] ?? 0) : null;
    return { name, parts: alias === null ? [name] : [alias, name] };
  });
}

/** Flink writes names of its parser's library in upper case, and those of its catalog as they were written, quoted. */
function functionName({ name }: FunctionCall): QualifiedName {
  const [only] = name.parts;
  if (name.parts.length !== 1 || only === undefined) return name;
  const upper = only.name.toUpperCase();
  return quotedFunctions.has(upper) ? quotedName(name) : { ...name, parts: [{ ...only, name: upper }] };
}

function blank(span: Span): Expression {
  return { kind: 'stringLiteral', value: ' ', charset: null, span };
}

function named(alias: TableAlias | null, name: string, span: Span): TableAlias {
  const columns = alias?.columns?.map(quoted) ?? null;
  return { kind: 'tableAlias', name: identifier(name, span), columns, span: alias?.span ?? span };
}

function quoted(name: Identifier): Identifier {
  return { ...name, isQuoted: true };
}

function quotedName(name: QualifiedName): QualifiedName {
  return { ...name, parts: name.parts.map(quoted) };
}

function identifier(name: string, span: Span): Identifier {
  return { kind: 'identifier', name, isQuoted: true, span };
}

function qualified(parts: readonly string[], span: Span): QualifiedName {
  return { kind: 'qualifiedName', parts: parts.map((part) => identifier(part, span)), span };
}
