import { closest } from '../../diagnostics/candidates.ts';
import type { AggregateFunction } from '../../functions/aggregate-function.ts';
import {
  aggregateFunction,
  aggregateFunctions,
  functionNames,
  scalarFunction,
  scalarFunctions,
} from '../../functions/registry.ts';
import type { Parameter, ScalarFunction } from '../../functions/scalar-function.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `tidemark functions`: all by category, or what one does. */
export function functions(name: string | undefined, out: Terminal): number {
  if (name === undefined) out.write(list(out));
  else describeFunction(name, out);
  return exitCode.ok;
}

/** Writes what a function does. @throws UsageError where there is no such function */
export function describeFunction(name: string, out: Terminal): void {
  out.write(describe(name, out));
}

function list({ colors, columns }: Terminal): string {
  const byCategory = new Map<string, string[]>();
  for (const { category, name } of [
    ...scalarFunctions,
    ...aggregateFunctions.map((entry) => ({ ...entry, category: 'aggregate' })),
  ]) {
    byCategory.set(category, [...(byCategory.get(category) ?? []), name]);
  }
  const sections = [...byCategory].map(
    ([category, names]) => `${colors.bold(category)}\n${wrapped(names.sort(), columns)}`,
  );
  return `${sections.join('\n')}\ntidemark functions NAME tells what one does.\n`;
}

function wrapped(names: readonly string[], columns: number): string {
  const lines: string[] = [];
  let line = ' ';
  for (const name of names) {
    if (line.length + name.length + 2 > columns) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${name}`;
  }
  return [...lines, line, ''].join('\n');
}

function describe(written: string, { colors }: Terminal): string {
  const entry: ScalarFunction | AggregateFunction | undefined = scalarFunction(written) ?? aggregateFunction(written);
  if (entry === undefined) {
    const near = closest(written, functionNames());
    throw new UsageError(`there is no function "${written}"`, near === null ? undefined : `did you mean "${near}"?`);
  }
  const signatures = entry.overloads.map(({ params }) => `  ${signature(entry.name, params)}`);
  const examples = (entry.examples ?? []).map(({ sql, result }) => `  ${sql}   ${colors.dim(`= ${result ?? 'NULL'}`)}`);
  const aliases = entry.aliases ?? [];
  return `${[
    `${colors.bold(entry.name)}   ${entry.summary}`,
    ...(aliases.length > 0 ? [`also ${aliases.join(', ')}`] : []),
    '',
    ...new Set(signatures),
    ...(examples.length > 0 ? ['', ...examples] : []),
  ].join('\n')}\n`;
}

/** `SUBSTRING(text STRING, from INT[, length INT])`; an operator between its operands. */
function signature(name: string, params: readonly Parameter[]): string {
  const texts = params.map(({ name: parameter, text, variadic }) => `${parameter} ${text}${variadic ? ', ...' : ''}`);
  if (!/^[A-Z]/.test(name) && texts.length === 2) return `${texts[0]} ${name} ${texts[1]}`;
  return `${name}(${texts.map((text, at) => (params[at]?.optional ? `[${at > 0 ? ', ' : ''}${text}]` : `${at > 0 ? ', ' : ''}${text}`)).join('')})`;
}
