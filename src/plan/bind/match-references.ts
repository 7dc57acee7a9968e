import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { FunctionCall, QualifiedName } from '../../sql/ast.ts';
import { type SqlType, TIMESTAMP, withNullable } from '../../types/sql-type.ts';
import { unreachable } from '../../types/unreachable.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import type { LogicalNode, MatchReference } from '../logical.ts';
import { expressionText, mapColumns } from '../same-expression.ts';
import { bindAggregateCall, isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { call } from './calls.ts';
import type { PatternShape } from './match-pattern.ts';
import { resolveColumn, type Scope } from './scope.ts';
import { type Syntax, someNode } from './syntax.ts';

/** A name before a column: a variable of the pattern, or several under the name of a SUBSET. */
export type Variables = ReadonlyMap<string, readonly number[]>;

/** Where an expression stands: in MEASURES, or in the condition of a variable (-1: one that the pattern has not). */
export type MatchClause = { readonly kind: 'measures' } | { readonly kind: 'define'; readonly variable: number };

type Place = Pick<Extract<MatchReference, { readonly kind: 'column' }>, 'from' | 'offset'>;

const lastRow: Place = { from: 'last', offset: 0 };

/** Binds the expressions of MEASURES and DEFINE, and collects what they read of a match. */
export class MatchBinder {
  readonly references: MatchReference[] = [];
  readonly #input: LogicalNode;
  readonly #shapes: readonly PatternShape[];
  readonly #functions: FunctionLookup;
  readonly #known = new Map<string, number>();

  constructor(input: LogicalNode, shapes: readonly PatternShape[], functions: FunctionLookup) {
    this.#input = input;
    this.#shapes = shapes;
    this.#functions = functions;
  }

  /** For expressions that are checked and not kept. */
  apart(): MatchBinder {
    return new MatchBinder(this.#input, this.#shapes, this.#functions);
  }

  /** Over the references. @throws DiagnosticError B, W003, W004 */
  bind(node: Syntax, variables: Variables, clause: MatchClause): Expression {
    return this.#bind(node, { variables, clause, place: lastRow, navigation: null });
  }

  #bind(node: Syntax, where: Where): Expression {
    const context: ExpressionContext = {
      scope: { schema: [], relations: [] },
      functions: this.#functions,
      intercept: (child) => this.#intercept(child, where),
    };
    return bindExpression(node, context);
  }

  #intercept(node: Syntax, where: Where): Expression | null {
    switch (node.kind) {
      case 'columnReference':
        return this.#column(node.name, where);
      case 'matchNavigation':
        if (where.clause.kind === 'define')
          fail('B055', node.span, `${node.semantics} may not stand in DEFINE: a condition sees the match so far`);
        if (node.semantics === 'RUNNING') return notYet('W003', node.span, 'RUNNING');
        return this.#bind(node.value, where);
      case 'functionCall':
        return this.#call(node, where);
      default:
        return null;
    }
  }

  #call(node: FunctionCall, where: Where): Expression | null {
    if (node.over !== null || node.name.parts.length !== 1) return null;
    const name = (node.name.parts[0]?.name ?? '').toUpperCase();
    switch (name) {
      case 'FIRST':
      case 'LAST':
      case 'PREV':
      case 'NEXT':
        return this.#navigation(node, name, where);
      case 'MATCH_ROWTIME':
        return this.#rowtime(node);
      case 'MATCH_PROCTIME':
        return { ...call('PROCTIME', [], node.span), name: 'PROCTIME' };
      case 'CLASSIFIER':
      case 'MATCH_NUMBER':
        return notYet('W004', node.span, name);
      default:
        return isAggregateCall(node, this.#functions) ? this.#aggregate(node, name, where) : null;
    }
  }

  /** `FIRST(a.x)`, `LAST(a.x, 2)`: the arguments's columns are those of another row. */
  #navigation(node: FunctionCall, name: 'FIRST' | 'LAST' | 'PREV' | 'NEXT', where: Where): Expression {
    const [value, count, ...more] = node.arguments ?? [];
    if (value === undefined || more.length > 0)
      fail('B005', node.span, `${name} takes a value and how many rows to go from there`);
    if (where.navigation !== null)
      fail('B055', node.span, `${name} may not stand within ${where.navigation}`, {
        help: 'use an offset: LAST(a.x, 1)',
      });
    if (someNode(value.value, (child) => isAggregateCall(child, this.#functions)))
      fail('B011', value.span, `an aggregate function within ${name}`);
    const offset = count === undefined ? (name === 'PREV' || name === 'NEXT' ? 1 : 0) : offsetOf(count.value);
    if ((name === 'PREV' || name === 'NEXT') && where.clause.kind === 'measures')
      fail('B055', node.span, `${name} may not stand in MEASURES`);
    const seen: string[] = [];
    const place: Place = { from: name === 'FIRST' ? 'first' : 'last', offset };
    const bound = this.#bind(value.value, { ...where, place, navigation: name, seen });
    // The row before, of whatever variable, is within the match; one behind, or before a variable's, may be outside.
    if (offset !== 0 && (name === 'NEXT' || (name === 'PREV' && seen.some((variable) => variable !== ''))))
      return notYet('W003', node.span, `${name} by a number of rows`);
    this.#checkOne(seen, node, name);
    return { ...bound, span: node.span };
  }

  #checkOne(seen: readonly string[], node: Syntax, name: string): void {
    const [first] = seen;
    if (first === undefined)
      fail('B055', node.span, `${name} names no column, so no row`, {
        help: name === 'COUNT' ? 'COUNT(*) counts the rows of the match' : undefined,
      });
    const other = seen.find((variable) => variable !== first);
    if (other !== undefined)
      fail(
        'B055',
        node.span,
        `${name} is over the rows of one variable, and this names ${shown(first)} and ${shown(other)}`,
      );
  }

  /** MATCH_ROWTIME(ts) has the type of its column. */
  #rowtime(node: FunctionCall): Expression {
    const [argument, ...more] = node.arguments ?? [];
    if (more.length > 0) fail('B005', node.span, 'MATCH_ROWTIME takes one event time, or nothing');
    let type: SqlType = TIMESTAMP(3, false);
    if (argument !== undefined) {
      const { value } = argument;
      const parts = value.kind === 'columnReference' ? value.name.parts : [];
      const column = this.#input.schema.find(({ name }) => name === parts.at(-1)?.name);
      if (column?.timeAttribute !== 'rowtime')
        fail('B005', argument.span, 'MATCH_ROWTIME takes an event time: a column with a watermark');
      ({ type } = column);
    }
    return this.#reference({ kind: 'time', type }, type, node);
  }

  /** `a.x` is of the last row that `a` took, `x` of the last row of all. */
  #column(name: QualifiedName, where: Where): Expression {
    const { alias, variables } = this.#qualifier(name, where);
    where.seen?.push(alias ?? '');
    return mapColumns(resolveColumn(this.#scope(alias), name), (index, column) => {
      const type = withNullable(column.type, column.type.nullable || this.#mayMiss(variables, where));
      const { from, offset } = where.place;
      return this.#reference({ kind: 'column', variables, from, offset, column: index, type }, type, column);
    });
  }

  /** The variable before a column, and its places in the pattern; null for a column that stands alone. */
  #qualifier(
    { parts, span }: QualifiedName,
    { variables }: Where,
  ): { readonly alias: string | null; readonly variables: readonly number[] | null } {
    const alias = parts[0]?.name ?? '';
    const found = parts.length > 1 ? variables.get(alias) : undefined;
    if (found !== undefined) return { alias, variables: found };
    const isColumn = parts.length === 1 || this.#input.schema.some(({ name }) => name === alias);
    if (isColumn) return { alias: null, variables: null };
    const names = [...variables.keys()];
    return fail('B003', span, `there is no pattern variable "${alias}"`, {
      help: didYouMean(alias, names) ?? `the pattern has: ${names.join(', ')}`,
    });
  }

  #scope(alias: string | null): Scope {
    const { schema } = this.#input;
    return { schema, relations: [{ alias, path: null, start: 0, count: schema.length }] };
  }

  /** Whether there may be no such row. */
  #mayMiss(variables: readonly number[] | null, { clause, place }: Where): boolean {
    const all = variables ?? this.#shapes.map((_, at) => at);
    // A condition sees the variables before its own, and the row that it is about.
    const own = clause.kind === 'define' ? clause.variable : this.#shapes.length;
    const rows = all.reduce((sum, at) => sum + (at < own ? (this.#shapes[at]?.min ?? 0) : at === own ? 1 : 0), 0);
    return rows <= place.offset;
  }

  /** An aggregate over the rows of one variable, or of the whole match. */
  #aggregate(node: FunctionCall, name: string, where: Where): Expression {
    if (node.quantifier !== null) return notYet('W003', node.span, `${node.quantifier} in an aggregate of a pattern`);
    if (node.filter !== null) return notYet('W003', node.span, 'FILTER in an aggregate of a pattern');
    const seen: string[] = [];
    let variables: readonly number[] | null = null;
    const context: ExpressionContext = {
      scope: this.#scope(null),
      functions: this.#functions,
      intercept: (child) => {
        if (child.kind === 'functionCall' && child.name.parts[0]?.name.toUpperCase() === 'LAST') {
          const [value, count] = child.arguments ?? [];
          if (value === undefined || count !== undefined) return notYet('W003', child.span, `LAST within ${name}`);
          return bindExpression(value.value, context);
        }
        if (child.kind !== 'columnReference') return null;
        const qualifier = this.#qualifier(child.name, where);
        seen.push(qualifier.alias ?? '');
        ({ variables } = qualifier);
        return resolveColumn(this.#scope(qualifier.alias), child.name);
      },
    };
    const star = node.arguments?.[0]?.value;
    if (star?.kind === 'star' && star.qualifier !== null) return notYet('W003', star.span, 'COUNT of all columns');
    const bound: AggregateCall = bindAggregateCall(node, context, false);
    if (star?.kind !== 'star') this.#checkOne(seen, node, name);
    return this.#reference({ kind: 'aggregate', variables, call: bound }, bound.type, node);
  }

  #reference(reference: MatchReference, type: SqlType, { span }: Pick<Syntax, 'span'>): Expression {
    const text = referenceText(reference);
    let index = this.#known.get(text);
    if (index === undefined) {
      index = this.references.length;
      this.#known.set(text, index);
      this.references.push(reference);
    }
    return { kind: 'column', index, type, span };
  }
}

interface Where {
  readonly variables: Variables;
  readonly clause: MatchClause;
  readonly place: Place;
  /** The function around, within which no other may stand. */
  readonly navigation: string | null;
  /** The variables that were named within it; '' for a column without one. */
  readonly seen?: string[];
}

function offsetOf(node: Syntax): number {
  const isWhole = node.kind === 'numberLiteral' && /^\d+$/.test(node.text);
  return isWhole ? Number(node.text) : fail('B007', node.span, 'the number of rows to go is a whole number, 0 or more');
}

function shown(variable: string): string {
  return variable === '' ? 'a column without one' : `"${variable}"`;
}

/** Equal for references to the same. */
function referenceText(reference: MatchReference): string {
  switch (reference.kind) {
    case 'column': {
      const { variables, from, offset, column, type } = reference;
      return `${variables?.join() ?? '*'} ${from} ${offset} ${column} ${type.nullable}`;
    }
    case 'aggregate': {
      const { variables, call: made } = reference;
      return `${made.name} ${variables?.join() ?? '*'} ${made.args.map(expressionText).join()} ${JSON.stringify(made.type)}`;
    }
    case 'time':
      return `time ${JSON.stringify(reference.type)}`;
    default:
      return unreachable(reference);
  }
}
