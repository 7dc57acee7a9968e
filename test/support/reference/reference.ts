import type { AggregateFunction } from '../../../src/functions/aggregate-function.ts';
import { aggregateFunctions, scalarFunctions } from '../../../src/functions/registry.ts';
import { signatures } from '../../../src/functions/resolve.ts';
import type { ScalarFunction } from '../../../src/functions/scalar-function.ts';

/** The reference page of the built-in functions, made of the registry's entries. */
export function referenceText(): string {
  const byCategory = Map.groupBy<string, ScalarFunction | AggregateFunction>(
    [...scalarFunctions, ...aggregateFunctions].filter(({ name }) => !name.startsWith('$')),
    (entry) => ('category' in entry ? entry.category : 'aggregate'),
  );
  const sections = [...byCategory].map(([category, entries]) => {
    const rows = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(row);
    return [`## ${category}`, '', '| call | what it gives | example |', '|---|---|---|', ...rows].join('\n');
  });
  return [
    '# The built-in functions',
    '',
    'Made by `npm run reference` from the registry (`registry.ts`); a test runs each example. `tidemark functions NAME`',
    'shows one entry. A function gives NULL where an argument is NULL, unless it says otherwise.',
    '',
    `${sections.join('\n\n')}\n`,
  ].join('\n');
}

function row(entry: ScalarFunction | AggregateFunction): string {
  const calls = signatures(entry).map(code);
  const also = (entry.aliases ?? []).map((alias) => `also ${code(alias)}`);
  const examples = (entry.examples ?? []).map(({ sql, result }) => `${code(sql)} = ${code(result ?? 'NULL')}`);
  return `| ${cell([...calls, ...also])} | ${entry.summary.replaceAll('|', '\\|')} | ${cell(examples)} |`;
}

function cell(lines: readonly string[]): string {
  return lines.join('<br>');
}

/** A bar would end the cell, also within code. */
function code(text: string): string {
  return text === '' ? '(the empty text)' : `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
}
