import type { Value } from '../functions/value.ts';
import { isDeterministicCall } from '../plan/deterministic.ts';
import type { Expression } from '../plan/expression.ts';
import type { FunctionBuilder } from '../wasm/function-builder.ts';
import type { RowScope } from './expression-writer.ts';

/**
 * What a function has computed so far: an expression that comes again over the same row (`LOWER(agent)` in each branch
 * of a CASE, a key that the filter looked at) is computed once, as long as the code that computed it surely ran.
 */
export class ComputedExpressions {
  readonly #f: FunctionBuilder;
  readonly #numbers = new WeakMap<Expression, number | null>();
  readonly #known = new Map<string, number>();
  readonly #values = new WeakMap<RowScope, Map<number, { readonly value: Value; readonly region: number }>>();

  constructor(f: FunctionBuilder) {
    this.#f = f;
  }

  /** The value of an equal expression over the same row, where it holds here. */
  find(expression: Expression, scope: RowScope): Value | null {
    const number = this.#numberOf(expression);
    const found = number === null ? undefined : this.#values.get(scope)?.get(number);
    return found !== undefined && this.#f.isOpen(found.region) ? found.value : null;
  }

  /** Keeps a value that was just computed. */
  keep(expression: Expression, scope: RowScope, value: Value): void {
    const number = this.#numberOf(expression);
    if (number === null) return;
    const values = this.#values.get(scope) ?? new Map();
    this.#values.set(scope, values);
    values.set(number, { value, region: this.#f.region });
  }

  /** One number for equal expressions; null for those that do not give the same twice. */
  #numberOf(expression: Expression): number | null {
    const known = this.#numbers.get(expression);
    if (known !== undefined) return known;
    const shape = this.#shape(expression);
    let number: number | null = null;
    if (shape !== null) {
      number = this.#known.get(shape) ?? this.#known.size;
      this.#known.set(shape, number);
    }
    this.#numbers.set(expression, number);
    return number;
  }

  /** Of the numbers of its parts, so that a deep expression makes no long text. */
  #shape(expression: Expression): string | null {
    switch (expression.kind) {
      case 'column':
        return `$${expression.index}`;
      case 'literal':
        return `${typeof expression.value} ${String(expression.value)} ${JSON.stringify(expression.type)}`;
      case 'call': {
        const parts = expression.args.map((arg) => this.#numberOf(arg));
        return parts.includes(null) || !isDeterministicCall(expression) ? null : `${expression.name}(${parts.join()})`;
      }
      case 'cast': {
        const part = this.#numberOf(expression.input);
        return part === null ? null : `${expression.safe ? 'try' : 'cast'} ${part} ${JSON.stringify(expression.type)}`;
      }
      case 'field': {
        const part = this.#numberOf(expression.input);
        return part === null ? null : `${part}.${expression.index}`;
      }
    }
  }
}
