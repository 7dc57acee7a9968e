import { didYouMean } from '../diagnostics/candidates.ts';
import { type Diagnostic, error } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import { parseBoolean, parseDouble, parseDurationMs, parseInteger, parseMemoryBytes } from './option-text.ts';
import type { OptionSpec, OptionValues } from './options.ts';
import type { TableOption } from './table.ts';

/** What is read: the options by name, and the table of those that are known. */
export interface OptionRequest {
  readonly options: ReadonlyMap<string, TableOption>;
  readonly specs: readonly OptionSpec[];
  /** As in `connector 'filesystem'`. */
  readonly owner: string;
  /** Where a missing option is reported: the table's name. */
  readonly span: Span;
}

/** All that is wrong with the options. */
export function checkOptions({ options, specs, owner, span }: OptionRequest): readonly Diagnostic[] {
  const errors: Diagnostic[] = [];
  for (const [name, option] of options) {
    const spec = specOf(specs, name);
    if (spec === undefined) {
      const help = didYouMean(name, names(specs)) ?? `${owner} takes: ${names(specs).sort().join(', ')}`;
      errors.push(error('O001', option.keySpan, `${owner} has no option "${name}"`, { help }));
    } else {
      const problem = optionProblem(spec, name, option.value);
      if (problem !== null) errors.push(error('O003', option.valueSpan, problem.message, { help: problem.help }));
    }
  }
  for (const spec of specs) {
    if (spec.required === true && !options.has(spec.name)) {
      const help = `add '${spec.name}' = '...': ${spec.doc}`;
      errors.push(error('O002', span, `${owner} needs the option "${spec.name}"`, { help }));
    }
  }
  return errors;
}

/** What is wrong with one value, with what is expected; null where it fits. */
export function optionProblem(
  spec: OptionSpec,
  name: string,
  value: string,
): { readonly message: string; readonly help: string } | null {
  const expected = expectation(spec, value);
  return expected === null ? null : { message: `"${value}" is no value for "${name}"`, help: `expected ${expected}` };
}

function expectation(spec: OptionSpec, value: string): string | null {
  switch (spec.type) {
    case 'string':
      return null;
    case 'boolean':
      return parseBoolean(value) === null ? 'true or false' : null;
    case 'int':
      return wholeExpectation(spec, value, 32);
    case 'long':
      return wholeExpectation(spec, value, 64);
    case 'double':
      return numberExpectation(spec, value);
    case 'duration':
      return parseDurationMs(value) === null ? "a duration such as '5 s', '10 min' or '1 d'" : null;
    case 'memory':
      return parseMemoryBytes(value) === null ? "a memory size such as '64 kb' or '128 mb'" : null;
    case 'enum': {
      const values = spec.values ?? [];
      return enumValue(spec, value) === undefined ? `one of ${values.map((each) => `'${each}'`).join(', ')}` : null;
    }
  }
}

function wholeExpectation({ min }: OptionSpec, value: string, bits: number): string | null {
  const parsed = parseInteger(value);
  if (parsed === null || BigInt.asIntN(bits, parsed) !== parsed) return `a whole number of ${bits} bits`;
  return min !== undefined && parsed < BigInt(min) ? `a whole number of at least ${min}` : null;
}

function numberExpectation({ min, max }: OptionSpec, value: string): string | null {
  const parsed = parseDouble(value);
  if (parsed === null) return 'a number';
  const least = min ?? Number.NEGATIVE_INFINITY;
  const most = max ?? Number.POSITIVE_INFINITY;
  if (parsed >= least && parsed <= most) return null;
  return max === undefined ? `a number of at least ${min}` : `a number from ${min} to ${max}`;
}

/** Enumerations are read without regard to case, `-` and `_` being one, unless they are exact. */
function enumValue(spec: OptionSpec, value: string): string | undefined {
  if (spec.isExact === true) return spec.values?.find((each) => each === value);
  const plain = (text: string) => text.trim().toLowerCase().replaceAll('_', '-');
  return spec.values?.find((each) => plain(each) === plain(value));
}

function specOf(specs: readonly OptionSpec[], name: string): OptionSpec | undefined {
  return specs.find((spec) => spec.name === name) ?? specs.find((spec) => spec.pattern === true && matches(spec, name));
}

function matches(spec: OptionSpec, name: string): boolean {
  const [prefix = '', suffix = ''] = spec.name.split('#');
  return name.length > prefix.length + suffix.length && name.startsWith(prefix) && name.endsWith(suffix);
}

function names(specs: readonly OptionSpec[]): string[] {
  return specs.map((spec) => spec.name);
}

/** Typed readings of options that were checked; what is not given has its default. */
export function optionValues(
  options: ReadonlyMap<string, TableOption>,
  specs: readonly OptionSpec[],
  prefix = '',
): OptionValues {
  const text = (name: string) => options.get(prefix + name)?.value ?? specOf(specs, prefix + name)?.default;
  const read =
    <T>(parse: (value: string) => T | null) =>
    (name: string): T | undefined => {
      const value = text(name);
      return value === undefined ? undefined : (parse(value) ?? undefined);
    };
  return {
    string(name) {
      const value = text(name);
      const spec = specOf(specs, prefix + name);
      return value !== undefined && spec?.type === 'enum' ? enumValue(spec, value) : value;
    },
    boolean: read(parseBoolean),
    int: read((value) => {
      const parsed = parseInteger(value);
      return parsed === null ? null : Number(parsed);
    }),
    long: read(parseInteger),
    double: read(parseDouble),
    durationMs: read(parseDurationMs),
    memoryBytes: read(parseMemoryBytes),
    span: (name) => options.get(prefix + name)?.valueSpan ?? null,
    names: [...options.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    under: (more) => optionValues(options, specs, prefix + more),
  };
}
