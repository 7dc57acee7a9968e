import { compiledRegex } from './java-regex.ts';
import { isJsonArray, isJsonNumber, isJsonObject, type Json } from './json-text.ts';

/**
 * Paths into JSON as Jayway's JsonPath has them: `$.a['b'][0][-1][1:3][*]..c[?(@.n > 1)].length()`.
 *
 * A definite path names one value; a path with a wildcard, a deep scan, a slice, several indexes or a filter is
 * indefinite and gives the array of what it finds.
 */
export interface JsonPath {
  readonly steps: readonly Step[];
  readonly isDefinite: boolean;
  /** A function at the end. */
  readonly call: string | null;
}

type Step =
  | { readonly kind: 'members'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'scan' }
  | { readonly kind: 'filter'; readonly holds: Filter };

type Filter = (item: Json, root: Json) => boolean;

/** A value that is not there. */
const missing = Symbol('missing');

/** A path that cannot be read, or leads nowhere. */
export class PathError extends Error {}

const cache = new Map<string, JsonPath | PathError>();
const cacheMax = 1000;

/** @throws PathError */
export function jsonPath(text: string): JsonPath {
  let path = cache.get(text);
  if (path === undefined) {
    try {
      path = new PathReader(text).read();
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      path = error;
    }
    if (cache.size >= cacheMax) cache.clear();
    cache.set(text, path);
  }
  if (path instanceof PathError) throw path;
  return path;
}

/** What the path finds. @throws PathError where a definite path leads nowhere */
export function readPath(path: JsonPath, root: Json): Json {
  let found: Json[] = [root];
  let isDefinite = true;
  for (const step of path.steps) {
    // Behind definite steps, what cannot be stepped into is an error, and not nothing found.
    if (isDefinite && !found.every((item) => hasPlaces(item, step))) throw new PathError('the path leads nowhere');
    found = found.flatMap((item) => stepInto(step, item, root));
    isDefinite &&= isDefiniteStep(step);
    if (isDefinite && found.length === 0) throw new PathError('the path leads nowhere');
  }
  if (path.call !== null) return callFunction(path.call, path.isDefinite ? found[0]! : found);
  return path.isDefinite ? found[0]! : found;
}

function isDefiniteStep(step: Step): boolean {
  return step.kind === 'members' || (step.kind === 'indexes' && step.indexes.length === 1);
}

function hasPlaces(item: Json, step: Step): boolean {
  if (step.kind === 'filter') return isJsonArray(item) || isJsonObject(item);
  return (step.kind !== 'indexes' && step.kind !== 'slice') || isJsonArray(item);
}

function stepInto(step: Step, item: Json, root: Json): Json[] {
  switch (step.kind) {
    case 'members': {
      if (!isJsonObject(item)) return [];
      const [name] = step.names;
      if (step.names.length === 1) return name !== undefined && item.has(name) ? [item.get(name) ?? null] : [];
      return [new Map(step.names.filter((one) => item.has(one)).map((one) => [one, item.get(one) ?? null]))];
    }
    case 'indexes':
      if (!isJsonArray(item)) return [];
      return step.indexes.flatMap((index) => {
        const at = index < 0 ? item.length + index : index;
        return at >= 0 && at < item.length ? [item[at] ?? null] : [];
      });
    case 'slice':
      return isJsonArray(item) ? item.slice(step.from ?? 0, step.to ?? undefined) : [];
    case 'wildcard':
      return children(item);
    case 'scan':
      return descendants(item);
    case 'filter':
      return (isJsonArray(item) ? [...item] : isJsonObject(item) ? [item] : []).filter((one) => step.holds(one, root));
  }
}

function children(item: Json): Json[] {
  if (isJsonArray(item)) return [...item];
  return isJsonObject(item) ? [...item.values()] : [];
}

/** The value itself and all within it. */
function descendants(item: Json): Json[] {
  return [item, ...children(item).flatMap(descendants)];
}

function callFunction(name: string, value: Json): Json {
  if (name === 'length') {
    if (isJsonArray(value)) return { number: String(value.length) };
    if (isJsonObject(value)) return { number: String(value.size) };
    if (typeof value === 'string') return { number: String(value.length) };
    throw new PathError('length() of neither array, object nor text');
  }
  if (name === 'keys') {
    if (!isJsonObject(value)) throw new PathError('keys() of no object');
    return [...value.keys()];
  }
  if (!isJsonArray(value)) throw new PathError(`${name}() of no array`);
  const numbers = value.filter(isJsonNumber).map(({ number }) => Number(number));
  if (numbers.length === 0) throw new PathError(`${name}() of no numbers`);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const mean = sum / numbers.length;
  const results: Readonly<Record<string, number>> = {
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    sum,
    avg: mean,
    stddev: Math.sqrt(numbers.reduce((total, number) => total + (number - mean) ** 2, 0) / numbers.length),
  };
  const result = results[name];
  if (result === undefined) throw new PathError(`there is no function ${name}()`);
  return { number: Number.isInteger(result) ? `${result}.0` : String(result) };
}

class PathReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.trim();
  }

  read(): JsonPath {
    const steps: Step[] = [];
    // `a.b` is read as `$.a.b`.
    if (this.#text[this.#at] === '$') this.#at++;
    else if (this.#text[this.#at] !== '[') steps.push(this.#name());
    let call: string | null = null;
    while (this.#at < this.#text.length) {
      if (call !== null) throw new PathError('a function ends the path');
      const named = /^\.([A-Za-z]+)\(\)/.exec(this.#text.slice(this.#at));
      if (named !== null) {
        call = named[1] ?? '';
        this.#at += named[0].length;
      } else steps.push(...this.#step());
    }
    return { steps, isDefinite: steps.every(isDefiniteStep), call };
  }

  #step(): Step[] {
    if (this.#take('..')) {
      if (this.#text[this.#at] === '[') return [{ kind: 'scan' }, this.#bracket()];
      const next = this.#name();
      return [{ kind: 'scan' }, next];
    }
    if (this.#take('.')) return this.#text[this.#at] === '[' ? [this.#bracket()] : [this.#name()];
    if (this.#text[this.#at] === '[') return [this.#bracket()];
    throw new PathError(`${JSON.stringify(this.#text[this.#at])} is unexpected in the path`);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #name(): Step {
    if (this.#take('*')) return { kind: 'wildcard' };
    const match = /^[^.[\]()\s]+/.exec(this.#text.slice(this.#at));
    if (match === null) throw new PathError('a name is missing in the path');
    this.#at += match[0].length;
    return { kind: 'members', names: [match[0]] };
  }

  #bracket(): Step {
    this.#at++;
    this.#blanks();
    const next = this.#text[this.#at];
    let step: Step;
    if (next === '?') step = this.#filter();
    else if (next === "'" || next === '"') step = { kind: 'members', names: this.#list(() => this.#quoted()) };
    else if (this.#take('*')) step = { kind: 'wildcard' };
    else step = this.#places();
    this.#blanks();
    if (!this.#take(']')) throw new PathError('a ] is missing in the path');
    return step;
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #list<T>(read: () => T): T[] {
    const items: T[] = [];
    do {
      this.#blanks();
      items.push(read());
      this.#blanks();
    } while (this.#take(','));
    return items;
  }

  #quoted(): string {
    const quote = this.#text[this.#at];
    if (quote !== "'" && quote !== '"') throw new PathError('a name in quotes is missing in the path');
    this.#at++;
    let name = '';
    while (this.#text[this.#at] !== quote) {
      let character = this.#text[this.#at++];
      if (character === '\\') character = this.#text[this.#at++];
      if (character === undefined) throw new PathError('a name in quotes does not end');
      name += character;
    }
    this.#at++;
    return name;
  }

  #places(): Step {
    const slice = /^(-?\d+)?\s*:\s*(-?\d+)?/.exec(this.#text.slice(this.#at));
    if (slice !== null) {
      this.#at += slice[0].length;
      const bound = (text: string | undefined) => (text === undefined ? null : Number(text));
      return { kind: 'slice', from: bound(slice[1]), to: bound(slice[2]) };
    }
    const indexes = this.#list(() => {
      const match = /^-?\d+/.exec(this.#text.slice(this.#at));
      if (match === null) throw new PathError('an index is missing in the path');
      this.#at += match[0].length;
      return Number(match[0]);
    });
    return { kind: 'indexes', indexes };
  }

  #filter(): Step {
    this.#at++;
    this.#blanks();
    if (!this.#take('(')) throw new PathError('a filter is written [?(...)]');
    const holds = this.#either();
    this.#blanks();
    if (!this.#take(')')) throw new PathError('a ) is missing in the filter');
    return { kind: 'filter', holds };
  }

  #either(): Filter {
    let left = this.#both();
    for (this.#blanks(); this.#take('||'); this.#blanks()) {
      const [a, b] = [left, this.#both()];
      left = (item, root) => a(item, root) || b(item, root);
    }
    return left;
  }

  #both(): Filter {
    let left = this.#condition();
    for (this.#blanks(); this.#take('&&'); this.#blanks()) {
      const [a, b] = [left, this.#condition()];
      left = (item, root) => a(item, root) && b(item, root);
    }
    return left;
  }

  #condition(): Filter {
    this.#blanks();
    if (this.#take('!')) {
      const inner = this.#condition();
      return (item, root) => !inner(item, root);
    }
    if (this.#take('(')) {
      const inner = this.#either();
      this.#blanks();
      if (!this.#take(')')) throw new PathError('a ) is missing in the filter');
      return inner;
    }
    const left = this.#operand();
    this.#blanks();
    const operator = /^(?:==|!=|<=|>=|=~|<|>|in\b|nin\b)/i.exec(this.#text.slice(this.#at))?.[0].toLowerCase();
    if (operator === undefined) return (item, root) => left(item, root) !== missing;
    this.#at += operator.length;
    this.#blanks();
    if (operator === '=~') return this.#matching(left);
    const right = this.#operand();
    return (item, root) => compares(operator, left(item, root), right(item, root));
  }

  #matching(left: Operand): Filter {
    const match = /^\/((?:\\.|[^/\\])*)\/(i?)/.exec(this.#text.slice(this.#at));
    if (match === null) throw new PathError('a pattern is written /.../');
    this.#at += match[0].length;
    const compiled = compiledRegex(`${match[2] === 'i' ? '(?i)' : ''}\\A(?:${match[1]})\\z`);
    if (compiled === null) throw new PathError('the pattern is malformed');
    return (item, root) => {
      const value = left(item, root);
      return typeof value === 'string' && compiled.first(value) !== null;
    };
  }

  #operand(): Operand {
    this.#blanks();
    const next = this.#text[this.#at];
    if (next === '@' || next === '$') return this.#pathOperand(next);
    if (next === "'" || next === '"') {
      const text = this.#quoted();
      return () => text;
    }
    if (next === '[') {
      this.#at++;
      const items = this.#list(() => this.#operand());
      if (!this.#take(']')) throw new PathError('a ] is missing in the filter');
      return (item, root) =>
        items.map((operand) => {
          const value = operand(item, root);
          return value === missing ? null : value;
        });
    }
    const match = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.#text.slice(this.#at));
    if (match === null) throw new PathError('a value is missing in the filter');
    this.#at += match[0].length;
    const word = match[0];
    const value: Json = word === 'null' ? null : word === 'true' ? true : word === 'false' ? false : { number: word };
    return () => value;
  }

  #pathOperand(start: '@' | '$'): Operand {
    this.#at++;
    const steps: Step[] = [];
    while (this.#text[this.#at] === '.' || this.#text[this.#at] === '[') steps.push(...this.#step());
    return (item, root) => {
      let found: Json[] = [start === '@' ? item : root];
      for (const step of steps) found = found.flatMap((one) => stepInto(step, one, root));
      if (!steps.every(isDefiniteStep)) return found;
      return found[0] === undefined ? missing : found[0];
    };
  }
}

type Operand = (item: Json, root: Json) => Json | typeof missing;

function compares(operator: string, left: Json | typeof missing, right: Json | typeof missing): boolean {
  if (operator === 'in' || operator === 'nin') {
    const isIn =
      left !== missing && right !== missing && isJsonArray(right) && right.some((one) => compares('==', left, one));
    return operator === 'in' ? isIn : !isIn;
  }
  if (operator === '!=') return !compares('==', left, right);
  if (left === missing || right === missing) return false;
  if (isJson(left, isJsonNumber) && isJson(right, isJsonNumber)) {
    return ordered(operator, Number(left.number), Number(right.number));
  }
  if (typeof left === 'string' && typeof right === 'string') return ordered(operator, left, right);
  return operator === '==' && left === right;
}

function isJson<T extends Json>(value: Json, test: (value: Json) => value is T): value is T {
  return test(value);
}

function ordered<T extends number | string>(operator: string, left: T, right: T): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
