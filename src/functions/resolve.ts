import { type SqlType, typeText, withNullable } from '../types/sql-type.ts';
import type { AggregateFunction, AggregateOverload } from './aggregate-function.ts';
import type { HostValue, Parameter, ScalarFunction, ScalarOverload } from './scalar-function.ts';

/** An argument as overload resolution sees it. */
export interface ArgumentShape {
  readonly type: SqlType;
  readonly isLiteral: boolean;
  /** The value of a literal. */
  readonly value?: HostValue | undefined;
}

/** The chosen overload, what each argument is to be cast to, and the type of the call. */
export interface Resolution<O> {
  readonly overload: O;
  readonly argTypes: readonly SqlType[];
  readonly type: SqlType;
}

/** The first overload whose parameters accept the arguments; null where none does. */
export function resolveScalar(
  entry: ScalarFunction,
  args: readonly ArgumentShape[],
): Resolution<ScalarOverload> | null {
  for (const overload of entry.overloads) {
    const argTypes = acceptedTypes(overload.params, args);
    if (argTypes === null) continue;
    const literals = args.map(({ isLiteral, value }) => (isLiteral ? value : undefined));
    return { overload, argTypes, type: scalarType(overload, argTypes, literals) };
  }
  return null;
}

/** As `resolveScalar`, for an aggregate function. */
export function resolveAggregate(
  entry: AggregateFunction,
  args: readonly ArgumentShape[],
): Resolution<AggregateOverload> | null {
  for (const overload of entry.overloads) {
    const argTypes = acceptedTypes(overload.params, args);
    if (argTypes !== null) return { overload, argTypes, type: overload.returns(argTypes) };
  }
  return null;
}

/** The type of a call, whose NULLs come from its arguments unless the overload says that it handles them. */
export function scalarType(
  overload: ScalarOverload,
  argTypes: readonly SqlType[],
  literals?: readonly (HostValue | undefined)[],
): SqlType {
  const type = overload.returns(argTypes, literals);
  const propagates = overload.nulls !== 'custom' && overload.code.kind !== 'lazy';
  return propagates && argTypes.some((arg) => arg.nullable) ? withNullable(type, true) : type;
}

function acceptedTypes(params: readonly Parameter[], args: readonly ArgumentShape[]): SqlType[] | null {
  if (!countFits(params, args.length)) return null;
  const types = args.map((arg) => arg.type);
  const literals = args.map(({ isLiteral, value }) => (isLiteral ? value : undefined));
  const accepted: SqlType[] = [];
  for (const [at, arg] of args.entries()) {
    const param = params[Math.min(at, params.length - 1)];
    if (param === undefined || (param.literal === true && !arg.isLiteral)) return null;
    const type = param.accepts(arg.type, { args: types, index: at, isLiteral: arg.isLiteral, literals });
    if (type === null) return null;
    accepted.push(type);
  }
  return accepted;
}

function countFits(params: readonly Parameter[], count: number): boolean {
  const required = params.filter((param) => param.optional !== true).length;
  return count >= required && (count <= params.length || params.at(-1)?.variadic === true);
}

/** `SUBSTRING(STRING, INT[, INT])`, `a + b` as `NUMERIC + NUMERIC`. */
export function signatures(entry: ScalarFunction | AggregateFunction): readonly string[] {
  const overloads: readonly { readonly params: readonly Parameter[] }[] = entry.overloads;
  return [...new Set(overloads.map((overload) => signatureText(entry.name, overload.params.map(parameterText))))];
}

/** A call by the types of its arguments: `ABS(STRING)`, `INT = STRING`. */
export function callText(name: string, args: readonly ArgumentShape[]): string {
  return signatureText(
    name,
    args.map((arg) => typeText(withNullable(arg.type, true))),
  );
}

function signatureText(name: string, args: readonly string[]): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== 'AND' && name !== 'OR') return `${name}(${joined(args)})`;
  if (args.length === 2) return `${args[0]} ${name} ${args[1]}`;
  if (args.length === 1) return name.startsWith('IS ') ? `${args[0]} ${name}` : `${name} ${args[0]}`;
  return `${name}(${joined(args)})`;
}

function joined(args: readonly string[]): string {
  return args.map((arg, at) => (at === 0 || arg.startsWith('[') ? arg : `, ${arg}`)).join('');
}

function parameterText(param: Parameter, at: number): string {
  const text = param.variadic === true ? `${param.text}...` : param.text;
  if (param.optional !== true) return text;
  return at === 0 ? `[${text}]` : `[, ${text}]`;
}
