import type { OptionSpec, OptionValues } from '../catalog/options.ts';
import { checkOptions, optionValues } from '../catalog/read-options.ts';
import type { Table, TableOption } from '../catalog/table.ts';
import { didYouMean } from '../diagnostics/candidates.ts';
import { type Diagnostic, DiagnosticError, fail, warning } from '../diagnostics/diagnostic.ts';
import type { Format } from '../formats/format.ts';
import { formatNamed, formats } from '../formats/index.ts';
import type { Column, Schema } from '../types/column.ts';
import { commonOptions } from './common-options.ts';
import type { Connector } from './connector.ts';
import { keptOptions } from './kept/kept-options.ts';

/** A table with the connector and format that its options name, and those options checked. */
export interface ResolvedTable {
  readonly table: Table;
  readonly connector: Connector;
  /** Null where the connector needs none. */
  readonly format: Format | null;
  readonly options: OptionValues;
}

const formatOption: OptionSpec = {
  name: 'format',
  type: 'string',
  required: true,
  doc: 'How rows stand in bytes.',
};

/** @throws DiagnosticError for an unknown connector or format, and for options that are unknown, missing or malformed */
export function resolveTable(table: Table, connectors: readonly Connector[]): ResolvedTable {
  const connector = connectorOf(table, connectors);
  const ownOptions = connector.optionsFor?.(table) ?? connector.options;
  const specs: OptionSpec[] = [...commonOptions, ...keptOptions, ...ownOptions];
  let format: Format | null = null;
  if (connector.format === 'required') {
    specs.push(formatOption);
    format = formatOf(table, connector, specs);
    const { name } = format;
    specs.push(...format.options.map((spec) => ({ ...spec, name: `${name}.${spec.name}` })));
  }
  const options = withoutForeignFormatOptions(table.options, specs, format);
  const errors = checkOptions({ options, specs, owner: `connector '${connector.name}'`, span: table.span });
  if (errors.length > 0) throw new DiagnosticError(errors);
  checkAlignment(options);
  return { table, connector, format, options: optionValues(options, specs) };
}

/** @throws DiagnosticError O002: a group without its drift, or the other way round */
function checkAlignment(options: ReadonlyMap<string, TableOption>): void {
  const names = ['scan.watermark.alignment.group', 'scan.watermark.alignment.max-drift'];
  const given = names.find((name) => options.has(name));
  const missing = names.find((name) => !options.has(name));
  if (given === undefined || missing === undefined) return;
  fail('O002', options.get(given)?.keySpan ?? null, `watermark alignment needs '${missing}' too`);
}

function connectorOf(table: Table, connectors: readonly Connector[]): Connector {
  const option = table.options.get('connector');
  const names = connectors.map(({ name }) => name).sort();
  if (option === undefined) {
    fail('O002', table.span, `table "${table.path.name}" names no connector`, {
      help: `add WITH ('connector' = '...'): ${names.join(', ')}`,
    });
  }
  const found = connectors.find(({ name }) => name === option.value);
  if (found !== undefined) return found;
  return fail('O006', option.valueSpan, `unknown connector '${option.value}'`, {
    help: didYouMean(option.value, names) ?? `there are: ${names.join(', ')}`,
  });
}

function formatOf(table: Table, connector: Connector, specs: readonly OptionSpec[]): Format {
  const option = table.options.get('format');
  if (option === undefined) {
    // All that is missing is told at once.
    const errors = checkOptions({
      options: table.options,
      specs: specs.filter(({ required }) => required === true),
      owner: `connector '${connector.name}'`,
      span: table.span,
    }).filter(({ code }) => code === 'O002');
    throw new DiagnosticError(errors);
  }
  const found = formatNamed(option.value);
  if (found !== null) return found;
  const names = formats.map(({ name }) => name).sort();
  return fail('O006', option.valueSpan, `unknown format '${option.value}'`, {
    help: didYouMean(option.value, names) ?? `there are: ${names.join(', ')}`,
  });
}

/** Options under the format's own prefix that it has not: as in Flink they are not refused, so each gets a warning. */
export function optionWarnings({ table, format }: ResolvedTable): readonly Diagnostic[] {
  if (format === null) return [];
  const prefix = `${format.name}.`;
  const known = format.options.map(({ name }) => prefix + name);
  return [...table.options].flatMap(([name, { keySpan }]) => {
    if (!name.startsWith(prefix) || known.includes(name)) return [];
    const help = didYouMean(name, known) ?? `there are: ${known.join(', ')}`;
    return warning('O001', keySpan, `format '${format.name}' has no option "${name}"`, { help });
  });
}

/** As in Flink, an unknown option under the format's own prefix is not refused. */
function withoutForeignFormatOptions(
  options: ReadonlyMap<string, TableOption>,
  specs: readonly OptionSpec[],
  format: Format | null,
): ReadonlyMap<string, TableOption> {
  if (format === null) return options;
  const known = new Set(specs.map(({ name }) => name));
  return new Map([...options].filter(([name]) => known.has(name) || !name.startsWith(`${format.name}.`)));
}

/** What a table stores: its physical columns in order. */
export function physicalColumns(table: Table): Schema {
  return table.columns.flatMap((column): Column[] =>
    column.kind === 'physical' ? [{ name: column.name, type: column.type }] : [],
  );
}
