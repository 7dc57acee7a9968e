import type { Expression } from '../plan/expression.ts';
import type { Schema } from '../types/column.ts';
import { typeText } from '../types/sql-type.ts';
import type { PhysicalOperator } from './graph.ts';

/** Properties of work that number columns of its input. */
const columnLists = new Set(['keys', 'partition', 'left', 'right']);
const columnNumbers = new Set(['timeColumn', 'column', 'orderColumn', 'startColumn', 'endColumn']);

/**
 * What of an operator its state hangs on, in words: kept state fits an operator of the same. Columns are named, so
 * that one more or less in the input does not count; filters and projections before and behind do not either.
 */
export function fingerprint({ work, stepSchema, right }: PhysicalOperator): string {
  return JSON.stringify(plain(work, stepSchema, right?.stepSchema ?? stepSchema));
}

function plain(value: unknown, schema: Schema, rightSchema: Schema): unknown {
  const nameOf = (index: number): string => {
    const column = schema[index];
    return column === undefined ? `#${index}` : `${column.name} ${typeText(column.type)}`;
  };
  const walk = (part: unknown, at: Schema): unknown => {
    if (typeof part === 'bigint') return `${part}n`;
    if (part instanceof Uint8Array) return Buffer.from(part).toString('hex');
    if (part instanceof Map) return [...part].map((entry) => walk(entry, at));
    if (Array.isArray(part)) return part.map((each) => walk(each, at));
    if (typeof part !== 'object' || part === null) return typeof part === 'function' ? undefined : part;
    if (isColumn(part)) return at === schema ? nameOf(part.index) : `right.${at[part.index]?.name ?? part.index}`;
    return Object.fromEntries(
      Object.entries(part).flatMap(([name, each]): [string, unknown][] => {
        if (name === 'span' || name === 'table' || name === 'overload') return [];
        if (columnNumbers.has(name) && typeof each === 'number') return [[name, nameOf(each)]];
        if (columnLists.has(name) && isNumbers(each)) return [[name, each.map(nameOf)]];
        return [[name, walk(each, name === 'right' ? rightSchema : at)]];
      }),
    );
  };
  return walk(value, schema);
}

function isColumn(part: object): part is Extract<Expression, { readonly kind: 'column' }> {
  return 'kind' in part && part.kind === 'column' && 'index' in part;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}
