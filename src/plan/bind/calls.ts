import { didYouMean } from '../../diagnostics/candidates.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { castsExplicitly, commonType, isNumeric, isTimestamp } from '../../functions/coercion.ts';
import { otherFunctions } from '../../functions/flink-functions.ts';
import { builtInFunctions, type FunctionLookup } from '../../functions/lookup.ts';
import { scalarFunction } from '../../functions/registry.ts';
import { callText, resolveScalar, signatures } from '../../functions/resolve.ts';
import type { ScalarFunction } from '../../functions/scalar-function.ts';
import { BOOLEAN, type SqlType, sameType, typeText, withNullable } from '../../types/sql-type.ts';
import type { CallExpression, CastExpression, Expression } from '../expression.ts';

/** A call of a built-in, its arguments cast to what the chosen overload takes. @throws DiagnosticError B002, B005, B012, W004 */
export function call(name: string, args: readonly Expression[], span: Span): CallExpression {
  return callOf(scalarFunction(name) ?? unknownFunction(name, span), args, span);
}

/** The same of any function. @throws DiagnosticError B005, B012 */
export function callOf(entry: ScalarFunction, args: readonly Expression[], span: Span): CallExpression {
  const shapes = args.map((arg) => ({
    type: arg.type,
    isLiteral: isConstant(arg),
    value: arg.kind === 'literal' ? arg.value : undefined,
  }));
  const resolution = resolveScalar(entry, shapes);
  if (resolution === null) refuseArguments(entry, args, span);
  return {
    kind: 'call',
    name: entry.name,
    overload: resolution.overload,
    args: args.map((arg, at) => castTo(arg, resolution.argTypes[at]!)),
    type: resolution.type,
    span,
  };
}

/** `CASE WHEN c THEN v ... ELSE otherwise END`: arguments condition, value, condition, value, ..., otherwise. */
export function caseCall(args: readonly Expression[], span: Span): CallExpression {
  const values = caseValues(args);
  const type = commonType(values.map((value) => value.type));
  if (type === null) {
    const notes = values.map((value) => ({ message: typeText(value.type), span: value.span }));
    fail('B006', span, 'the branches of CASE have no common type', { notes, help: 'cast them to one type' });
  }
  if (type.kind === 'NULL') fail('B012', span, 'every branch of CASE is NULL', { help: 'write CAST(NULL AS ...)' });
  const entry = scalarFunction('CASE') ?? unknownFunction('CASE', span);
  const cast = args.map((arg, at) =>
    at % 2 === 0 && at < args.length - 1 ? condition(arg, 'WHEN') : castTo(arg, withNullable(type, arg.type.nullable)),
  );
  return { kind: 'call', name: 'CASE', overload: entry.overloads[0]!, args: cast, type, span };
}

function caseValues(args: readonly Expression[]): readonly Expression[] {
  return args.filter((_, at) => at % 2 === 1 || at === args.length - 1);
}

/** A BOOLEAN where one is wanted; a bare NULL is UNKNOWN. */
export function condition(expression: Expression, clause: string): Expression {
  if (expression.type.kind === 'NULL') return castTo(expression, BOOLEAN());
  if (expression.type.kind === 'BOOLEAN') return expression;
  fail('B007', expression.span, `${clause} needs a BOOLEAN, and this is ${typeText(expression.type)}`);
}

/** A BOOLEAN under AND, OR and NOT, where Flink takes no bare NULL. */
export function truth(expression: Expression, operator: string): Expression {
  if (expression.type.kind !== 'NULL') return condition(expression, operator);
  fail('B012', expression.span, `nothing tells the type of this NULL in ${operator}`, {
    help: 'write UNKNOWN, or CAST(NULL AS BOOLEAN)',
  });
}

/** An implicit cast; nothing where the types are equal but for nullability. */
export function castTo(expression: Expression, type: SqlType): Expression {
  if (expression.kind === 'literal' && expression.value === null) {
    return { ...expression, type: withNullable(type, true) };
  }
  if (sameType(expression.type, type)) return expression;
  const target = withNullable(type, expression.type.nullable);
  return { kind: 'cast', input: expression, type: target, safe: false, span: expression.span };
}

/** CAST and TRY_CAST as written; the result is nullable where the input is, after TRY_CAST always. */
export function explicitCast(input: Expression, type: SqlType, safe: boolean, span: Span): Expression {
  if (!castsExplicitly(input.type, type) && !(isNullLiteral(input) && isNullCast(input.type, type))) {
    const help = castHelp(input.type, type);
    fail(
      'B009',
      span,
      `${typeText(withNullable(input.type, true))} cannot be cast to ${typeText(withNullable(type, true))}`,
      { help },
    );
  }
  const target = withNullable(type, safe || input.type.nullable);
  if (input.kind === 'literal' && input.value === null) return { ...input, type: withNullable(type, true), span };
  const cast: CastExpression = { kind: 'cast', input, type: target, safe, span };
  return cast;
}

function isNullLiteral(input: Expression): boolean {
  return input.kind === 'literal' && input.value === null;
}

/** What Flink's parser lets pass, and its code does not: of a constant NULL no code is made. */
function isNullCast(from: SqlType, to: SqlType): boolean {
  return (isTimestamp(from) && isNumeric(to)) || (isNumeric(from) && isTimestamp(to));
}

function castHelp(from: SqlType, to: SqlType): string | undefined {
  if (to.kind === 'TIMESTAMP' || to.kind === 'TIMESTAMP_LTZ')
    return 'for a number of seconds or milliseconds use TO_TIMESTAMP_LTZ(n, 0 or 3)';
  if (from.kind === 'TIMESTAMP' || from.kind === 'TIMESTAMP_LTZ')
    return 'for a number use UNIX_TIMESTAMP, EXTRACT or TIMESTAMPDIFF';
  return undefined;
}

/** Whether its value is known without a row: literals, and casts of them. */
export function isConstant(expression: Expression): boolean {
  if (expression.kind === 'literal') return true;
  if (expression.kind === 'cast') return isConstant(expression.input);
  return (
    expression.kind === 'call' &&
    expression.name === '-' &&
    expression.args.length === 1 &&
    isConstant(expression.args[0]!)
  );
}

/** @throws DiagnosticError B011 for a function of Flink that stands elsewhere, W004 for one not executed, B002 for none */
export function unknownFunction(name: string, span: Span, functions: FunctionLookup = builtInFunctions): never {
  const upper = name.toUpperCase();
  const jdbc = /^\{fn (\w+)\}$/.exec(name)?.[1];
  if (jdbc !== undefined) {
    const help = functions.scalar(jdbc) === undefined ? undefined : `write ${jdbc.toUpperCase()}(...)`;
    throw new DiagnosticError([unsupported('W004', span, name, { help })]);
  }
  const other = otherFunctions.get(upper);
  if (other?.isLater === false) fail('B011', span, `${upper} may not stand here`, { help: other.reason });
  if (other !== undefined || !/^[A-Z]/.test(upper) || upper.includes(' ')) {
    throw new DiagnosticError([unsupported('W004', span, upper, { help: other?.reason })]);
  }
  const table = functions.table(name);
  if (table !== undefined) {
    fail('B002', span, `${table.name} is a table function`, {
      help: `write it in FROM: LATERAL TABLE(${table.name}(...))`,
    });
  }
  const help = didYouMean(upper, functions.names());
  fail('B002', span, `unknown function "${name}"`, { help });
}

function refuseArguments(entry: ScalarFunction, args: readonly Expression[], span: Span): never {
  const bare = args.find((arg) => arg.type.kind === 'NULL');
  if (bare !== undefined) {
    fail('B012', bare.span, `nothing tells the type of this NULL in ${entry.name}`, {
      help: 'write CAST(NULL AS ...)',
    });
  }
  const forms = signatures(entry);
  const help = forms.length === 1 ? `expected ${forms[0]}` : `expected one of: ${forms.join('; ')}`;
  const shapes = args.map((arg) => ({ type: arg.type, isLiteral: false }));
  const comparison = /^(=|<>|<|<=|>|>=|IS (NOT )?DISTINCT FROM)$/.test(entry.name);
  const message = comparison
    ? `${typeText(withNullable(args[0]!.type, true))} and ${typeText(withNullable(args[1]!.type, true))} cannot be compared`
    : `there is no ${callText(entry.name, shapes)}`;
  fail('B005', span, message, {
    notes: comparison ? args.map((arg) => ({ message: typeText(arg.type), span: arg.span })) : [],
    help: comparison ? 'cast one of them' : help,
  });
}

/** Whether a name in a call is an aggregate function. */
export function isAggregateName(name: string, functions: FunctionLookup): boolean {
  return functions.aggregate(name) !== undefined;
}
