import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { builtInFunctions } from '../../functions/lookup.ts';
import type { Argument, Expression as Syntax, TableArgument, TableFunction } from '../../sql/ast.ts';
import { columnTypeText } from '../../types/column.ts';
import type { LogicalNode, WindowKind } from '../logical.ts';
import { windowNode } from '../nodes.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { emptyScope, resolveColumn } from './scope.ts';
import { scopeOf } from './table-source.ts';
import { lostTime } from './time-attribute.ts';

const parameters = {
  TUMBLE: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET'],
  HOP: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET'],
  CUMULATE: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET'],
  SESSION: ['DATA', 'TIMECOL', 'GAP'],
} as const;

type WindowName = keyof typeof parameters;

export function isWindowFunction(name: string): name is WindowName {
  return name in parameters;
}

/** TUMBLE, HOP, CUMULATE and SESSION in FROM. @throws DiagnosticError B020, B021, B022 */
export function bindWindowFunction(
  node: TableFunction,
  name: WindowName,
  table: (argument: TableArgument) => LogicalNode,
): LogicalNode {
  const args = argumentsOf(node, name);
  const given = args.get('DATA')?.value;
  const data: Syntax | undefined =
    given?.kind === 'subquery'
      ? { kind: 'tableArgument', table: given.query, partitionBy: [], orderBy: [], span: given.span }
      : given;
  if (data?.kind !== 'tableArgument') {
    fail('B020', data?.span ?? node.span, `the first argument of ${name} is a table`, {
      help: `${name}(TABLE t, DESCRIPTOR(time column), ...)`,
    });
  }
  if (data.orderBy.length > 0) fail('B020', data.span, `the table of ${name} takes no ORDER BY`);
  if (data.partitionBy.length > 0 && name !== 'SESSION')
    fail('B020', data.span, `the table of ${name} takes no PARTITION BY`, { help: 'PARTITION BY is for SESSION' });
  const input = table(data);
  const taken = input.schema.find((column) => ['window_start', 'window_end', 'window_time'].includes(column.name));
  if (taken !== undefined)
    fail('B004', node.span, `column "${taken.name}" of the input would be ambiguous: ${name} adds one of that name`, {
      help: 'rename it by AS',
    });
  const timeColumn = timeColumnOf(args.get('TIMECOL'), input, name, node.span);
  const scope = scopeOf(input.schema);
  const partition = data.partitionBy.map((key) => {
    const bound = bindExpression(key, { scope, functions: builtInFunctions });
    return bound.kind === 'column' ? bound.index : notYet('W002', key.span, 'PARTITION BY of an expression');
  });
  const window = windowOf(name, args, partition, node.span);
  const time = input.schema[timeColumn]?.timeAttribute === 'proctime' ? 'processing' : 'event';
  return windowNode(input, { window, timeColumn, time }, node.span);
}

/** By name: positional ones in their order, or all by `NAME => value`. */
function argumentsOf(node: TableFunction, name: WindowName): ReadonlyMap<string, Argument> {
  const names: readonly string[] = parameters[name];
  const optional = names.includes('OFFSET') ? 1 : 0;
  const form = `${name}(${names.map((each) => (each === 'OFFSET' ? '[offset]' : each.toLowerCase())).join(', ')})`;
  if (node.arguments.length < names.length - optional || node.arguments.length > names.length) {
    fail(
      'B020',
      node.span,
      `${name} takes ${names.length - optional}${optional > 0 ? ` or ${names.length}` : ''} arguments, and here are ${node.arguments.length}`,
      { help: form },
    );
  }
  const found = new Map<string, Argument>();
  const isNamed = node.arguments.some((argument) => argument.name !== null);
  for (const [at, argument] of node.arguments.entries()) {
    if (!isNamed) {
      found.set(names[at] ?? '', argument);
      continue;
    }
    if (argument.name === null) fail('B020', argument.span, 'named and positional arguments cannot be mixed');
    const parameter = argument.name.name;
    if (!names.includes(parameter)) {
      const near = names.find((each) => each === parameter.toUpperCase());
      fail('B020', argument.name.span, `${name} has no parameter "${parameter}"`, {
        help: near === undefined ? form : `did you mean "${near}"?`,
      });
    }
    if (found.has(parameter)) fail('B020', argument.span, `parameter ${parameter} is given twice`);
    found.set(parameter, argument);
  }
  const missing = names.find((each) => each !== 'OFFSET' && !found.has(each));
  if (missing !== undefined) fail('B020', node.span, `${name} needs its argument ${missing}`, { help: form });
  return found;
}

function timeColumnOf(argument: Argument | undefined, input: LogicalNode, name: string, span: Span): number {
  const descriptor = argument?.value;
  const [column] = descriptor?.kind === 'descriptor' ? descriptor.columns : [];
  if (descriptor?.kind !== 'descriptor' || column === undefined) {
    fail('B020', descriptor?.span ?? span, `${name} needs DESCRIPTOR(time column)`);
  }
  const bound = resolveColumn(scopeOf(input.schema), column.name);
  const found = bound.kind === 'column' ? input.schema[bound.index] : undefined;
  if (bound.kind !== 'column' || found?.timeAttribute === undefined) {
    const text = found === undefined ? 'a field of a row' : columnTypeText(found);
    fail('B021', column.span, `a window needs a time attribute; "${column.name.parts.at(-1)?.name}" is ${text}`, {
      help: 'declare WATERMARK FOR it in its table, and pass it on unchanged (a cast or a function makes it an ordinary TIMESTAMP)',
    });
  }
  const lost = lostTime(input, bound.index);
  if (lost !== null) {
    const [why, help] = lostTimes[lost];
    fail('B021', column.span, `"${found.name}" is no time attribute any more: ${why}`, { help });
  }
  return bound.index;
}

const lostTimes = {
  aggregation: [
    'it comes out of an updating aggregation',
    'group by window_start and window_end of a window function: then window_time is one',
  ],
  match: ['it is the time of a row in a match', 'add MATCH_ROWTIME() to the MEASURES: it is the time of the match'],
} as const;

function windowOf(
  name: WindowName,
  args: ReadonlyMap<string, Argument>,
  partition: readonly number[],
  span: Span,
): WindowKind {
  const ms = (parameter: string): number => intervalMs(args.get(parameter)?.value, parameter, span);
  const positive = (parameter: string): number => {
    const value = ms(parameter);
    if (value <= 0)
      fail('B022', args.get(parameter)?.span ?? span, `the ${parameter.toLowerCase()} of a window must be above 0`);
    return value;
  };
  const offset = (sizeMs: number): number => {
    if (!args.has('OFFSET')) return 0;
    const value = ms('OFFSET');
    // HOP takes any offset, as in Flink.
    if (name !== 'HOP' && Math.abs(value) >= sizeMs)
      fail('B022', args.get('OFFSET')?.span ?? span, 'the offset of a window must be smaller than its size');
    return value;
  };
  if (name === 'SESSION') return { kind: 'session', gapMs: positive('GAP'), partition };
  const sizeMs = positive('SIZE');
  const offsetMs = offset(sizeMs);
  if (name === 'TUMBLE') return { kind: 'tumble', sizeMs, offsetMs };
  const parameter = name === 'HOP' ? 'SLIDE' : 'STEP';
  const stepMs = positive(parameter);
  if (sizeMs % stepMs !== 0) {
    fail(
      'B022',
      args.get('SIZE')?.span ?? span,
      `the size of ${name} must be a multiple of its ${parameter.toLowerCase()}`,
      { help: `${parameter.toLowerCase()} comes first, then size` },
    );
  }
  return name === 'HOP'
    ? { kind: 'hop', sizeMs, slideMs: stepMs, offsetMs }
    : { kind: 'cumulate', sizeMs, stepMs, offsetMs };
}

/** A constant interval of days to seconds, in ms. @throws DiagnosticError B022 */
export function intervalMs(node: Syntax | undefined, parameter: string, span: Span): number {
  const bound = node === undefined ? null : bindExpression(node, { scope: emptyScope, functions: builtInFunctions });
  if (bound?.kind === 'literal' && bound.type.kind === 'INTERVAL_DAY_TIME') return Number(bound.value);
  const help =
    bound?.type.kind === 'INTERVAL_YEAR_MONTH'
      ? 'months and years have no fixed length: use days'
      : "for example INTERVAL '10' MINUTE";
  fail(
    'B022',
    node?.span ?? span,
    `the ${parameter.toLowerCase()} must be a constant interval of days, hours, minutes or seconds`,
    { help },
  );
}
