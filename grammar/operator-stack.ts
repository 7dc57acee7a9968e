import type { SourceText, Span } from '../src/diagnostics/source-text.ts';
import type { BinaryOperator, Expression } from './ast/expressions.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import type { SqlToken } from './tokens.ts';

/** An operator between two operands. */
export type Infix =
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly precedence: number }
  | {
      readonly kind: 'like';
      readonly operator: 'LIKE' | 'ILIKE' | 'RLIKE' | 'SIMILAR TO';
      readonly isNegated: boolean;
      readonly precedence: number;
    }
  | {
      readonly kind: 'between';
      readonly isNegated: boolean;
      readonly isSymmetric: boolean;
      readonly precedence: number;
    }
  | { readonly kind: 'escape'; readonly precedence: number };

/** An operand with the place that it takes, brackets included. */
interface Operand {
  readonly kind: 'operand';
  readonly node: Expression;
  readonly start: number;
  readonly end: number;
}

type Item =
  | Operand
  | {
      readonly kind: 'prefix';
      readonly operator: '+' | '-' | 'NOT';
      readonly precedence: number;
      readonly start: number;
    }
  | { readonly kind: 'infix'; readonly infix: Infix; readonly token: SqlToken }
  | {
      readonly kind: 'postfix';
      readonly precedence: number;
      readonly build: (operand: Expression, span: Span) => Expression;
      readonly end: number;
    };

/** What stands between two brackets: finished fields before the last comma, then the items of the present one. */
interface Group {
  readonly opening: SqlToken | null;
  readonly fields: Expression[];
  items: Item[];
}

/** Recursion of the resolver on one group: `NOT NOT NOT ...`. */
const chainDepthMax = 500;

/**
 * Puts the operands and operators of one expression together, by precedence and without recursion on brackets, so
 * that a thousand of them cost no stack. Precedences and associations are Calcite's (`SqlStdOperatorTable`):
 * field and element access 100, sign 80, `* / % ||` 60, `+ -` 40, LIKE, BETWEEN and IN 32, comparison 30, IS 28,
 * NOT 26, AND 24, OR 22, MULTISET operators below.
 */
export class OperatorStack {
  readonly #source: SourceText;
  readonly #outer: Group[] = [];
  #group: Group = { opening: null, fields: [], items: [] };

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** How many brackets are open. */
  get openBrackets(): number {
    return this.#outer.length;
  }

  operand(node: Expression): void {
    this.#group.items.push({ kind: 'operand', node, start: node.span.start, end: node.span.end });
  }

  prefix(operator: '+' | '-' | 'NOT', token: SqlToken): void {
    this.#group.items.push({
      kind: 'prefix',
      operator,
      precedence: operator === 'NOT' ? 26 : 80,
      start: token.startOffset,
    });
  }

  infix(infix: Infix, token: SqlToken): void {
    this.#group.items.push({ kind: 'infix', infix, token });
  }

  postfix(precedence: number, last: SqlToken, build: (operand: Expression, span: Span) => Expression): void {
    this.#group.items.push({ kind: 'postfix', precedence, build, end: last.endOffset + 1 });
  }

  /** Binds to the operand just read, tighter than all operators: `.x`, `[1]`. */
  access(last: SqlToken, build: (operand: Expression, span: Span) => Expression): void {
    const { items } = this.#group;
    const { node, start } = items.pop() as Operand;
    const end = last.endOffset + 1;
    items.push({ kind: 'operand', node: build(node, { source: this.#source, start, end }), start, end });
  }

  /** The operand just read, when nothing follows it yet. */
  get top(): Expression | null {
    const last = this.#group.items.at(-1);
    return last?.kind === 'operand' ? last.node : null;
  }

  open(token: SqlToken): void {
    this.#outer.push(this.#group);
    this.#group = { opening: token, fields: [], items: [] };
  }

  comma(): void {
    this.#group.fields.push(this.#resolveGroup().node);
    this.#group.items = [];
  }

  close(token: SqlToken): void {
    const { opening, fields } = this.#group;
    const last = this.#resolveGroup().node;
    const start = (opening as SqlToken).startOffset;
    const end = token.endOffset + 1;
    const span = { source: this.#source, start, end };
    const node: Expression =
      fields.length === 0 ? last : { kind: 'rowConstructor', span, isExplicit: false, fields: [...fields, last] };
    this.#group = this.#outer.pop() as Group;
    this.#group.items.push({ kind: 'operand', node, start, end });
  }

  /** The whole expression; all brackets must be closed. */
  finish(): Expression {
    return this.#resolveGroup().node;
  }

  #resolveGroup(): Operand {
    const { items } = this.#group;
    const [first] = items;
    if (items.length === 1 && first?.kind === 'operand') return first;
    return new Resolver(this.#source, items).resolve();
  }
}

/** Precedence climbing over the items of one group. */
class Resolver {
  readonly #source: SourceText;
  readonly #items: readonly Item[];
  #at = 0;
  #depth = 0;

  constructor(source: SourceText, items: readonly Item[]) {
    this.#source = source;
    this.#items = items;
  }

  resolve(): Operand {
    const operand = this.#climb(0, false);
    const rest = this.#items[this.#at];
    if (rest?.kind === 'infix') {
      throw new SyntaxProblem(
        'P001',
        placeOf(rest.token),
        `${rest.token.image.toUpperCase()} has nothing to belong to`,
      );
    }
    return operand;
  }

  /** Reads operators of at least the precedence; `stopsAtAnd` inside the lower bound of a BETWEEN. */
  #climb(precedence: number, stopsAtAnd: boolean): Operand {
    if (++this.#depth > chainDepthMax) {
      const item = this.#items[this.#at];
      const start = item !== undefined && 'start' in item ? item.start : 0;
      throw new SyntaxProblem(
        'P008',
        { start, end: start + 1 },
        `more than ${chainDepthMax} operators inside each other`,
      );
    }
    let left = this.#prefixed(stopsAtAnd);
    for (let item = this.#items[this.#at]; item !== undefined; item = this.#items[this.#at]) {
      if (item.kind === 'postfix') {
        if (item.precedence < precedence) break;
        this.#at++;
        left = this.#operand(item.build(left.node, this.#span(left.start, item.end)), left.start, item.end);
      } else if (item.kind === 'infix') {
        const { infix } = item;
        if (infix.kind === 'escape' || infix.precedence < precedence) break;
        if (stopsAtAnd && infix.kind === 'binary' && infix.operator === 'AND') break;
        this.#at++;
        left = this.#combine(left, infix, item.token, stopsAtAnd);
      } else break;
    }
    this.#depth--;
    return left;
  }

  #prefixed(stopsAtAnd: boolean): Operand {
    const item = this.#items[this.#at++];
    if (item?.kind !== 'prefix') return item as Operand;
    const operand = this.#climb(item.precedence, stopsAtAnd);
    const span = this.#span(item.start, operand.end);
    return this.#operand(
      { kind: 'unary', span, operator: item.operator, operand: operand.node },
      item.start,
      operand.end,
    );
  }

  #combine(left: Operand, infix: Infix, token: SqlToken, stopsAtAnd: boolean): Operand {
    if (infix.kind === 'between') return this.#between(left, infix, token);
    const right = this.#climb(infix.precedence + 1, stopsAtAnd);
    const span = this.#span(left.start, right.end);
    if (infix.kind === 'binary') {
      const node: Expression = { kind: 'binary', span, operator: infix.operator, left: left.node, right: right.node };
      return this.#operand(node, left.start, right.end);
    }
    const next = this.#items[this.#at];
    const hasEscape = next?.kind === 'infix' && next.infix.kind === 'escape';
    const escapeOperand = hasEscape ? (this.#items[this.#at + 1] as Operand) : null;
    if (escapeOperand !== null) this.#at += 2;
    const end = escapeOperand?.end ?? right.end;
    const node: Expression = {
      kind: 'like',
      span: this.#span(left.start, end),
      operator: (infix as Infix & { kind: 'like' }).operator,
      isNegated: (infix as Infix & { kind: 'like' }).isNegated,
      value: left.node,
      pattern: right.node,
      escape: escapeOperand?.node ?? null,
    };
    return this.#operand(node, left.start, end);
  }

  #between(left: Operand, infix: Infix & { kind: 'between' }, token: SqlToken): Operand {
    const low = this.#climb(0, true);
    const and = this.#items[this.#at];
    if (and?.kind !== 'infix' || and.infix.kind !== 'binary' || and.infix.operator !== 'AND') {
      throw new SyntaxProblem('P001', placeOf(token), 'BETWEEN lacks its AND', 'write BETWEEN low AND high');
    }
    this.#at++;
    const high = this.#climb(infix.precedence + 1, false);
    const node: Expression = {
      kind: 'between',
      span: this.#span(left.start, high.end),
      isNegated: infix.isNegated,
      isSymmetric: infix.isSymmetric,
      value: left.node,
      low: low.node,
      high: high.node,
    };
    return this.#operand(node, left.start, high.end);
  }

  #operand(node: Expression, start: number, end: number): Operand {
    return { kind: 'operand', node, start, end };
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end };
  }
}

function placeOf(token: SqlToken): { start: number; end: number } {
  return { start: token.startOffset, end: token.endOffset + 1 };
}
