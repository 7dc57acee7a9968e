import type { SqlType } from '../../types/sql-type.ts';
import type { AggregateFunction } from '../aggregate-function.ts';
import { otherFunctions } from '../flink-functions.ts';
import { builtInFunctions, type FunctionLookup } from '../lookup.ts';
import { aggregateFunctions, scalarFunctions } from '../registry.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** A function that the embedding program has written, as the binder sees it. */
export type ProgramFunction =
  | { readonly kind: 'scalar'; readonly entry: ScalarFunction }
  | { readonly kind: 'aggregate'; readonly entry: AggregateFunction }
  /** Gives an ARRAY of ROWs. */
  | { readonly kind: 'table'; readonly entry: ScalarFunction };

/** The built-ins and the program's own. */
export function sessionFunctions(own: ReadonlyMap<string, ProgramFunction>): FunctionLookup {
  const known = (name: string): ProgramFunction | undefined => own.get(name.toLowerCase());
  return {
    scalar(name) {
      const found = known(name);
      return found?.kind === 'scalar' ? found.entry : builtInFunctions.scalar(name);
    },
    aggregate(name) {
      const found = known(name);
      return found?.kind === 'aggregate' ? found.entry : builtInFunctions.aggregate(name);
    },
    table(name) {
      const found = known(name);
      return found?.kind === 'table' ? found.entry : undefined;
    },
    names: () => [...builtInFunctions.names(), ...[...own.values()].map(({ entry }) => entry.name)].sort(),
  };
}

/** What all signatures have: the types of their parameters, and what a NULL among the arguments means. */
export interface ProgramSignature {
  readonly parameters: readonly ProgramParameter[];
  /** Whether the arguments come as one object by their names, and not one behind the other. */
  readonly isNamed: boolean;
  /** Whether NULLs reach the function; else a call with one is none. */
  readonly seesNulls: boolean;
}

export interface ProgramParameter {
  /** Null where the declaration gives none; then it cannot be called by name. */
  readonly name: string | null;
  readonly type: SqlType;
}

const windowNames = ['TUMBLE', 'HOP', 'SESSION'].flatMap((window) =>
  ['', '_START', '_END', '_ROWTIME', '_PROCTIME'].map((end) => window + end),
);

/** Names that mean something in SQL already. */
const takenNames: ReadonlySet<string> = new Set([
  ...otherFunctions.keys(),
  ...[...scalarFunctions, ...aggregateFunctions].flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
  ...windowNames,
  ...['CUMULATE', 'DESCRIPTOR', 'FIRST', 'LAST', 'PREV', 'NEXT', 'MATCH_NUMBER', 'GROUPING', 'UNNEST', 'TABLE'],
]);

/** Whether a name is that of a built-in, or one that the grammar or a clause knows. */
export function isTakenName(name: string): boolean {
  return takenNames.has(name.toUpperCase());
}
