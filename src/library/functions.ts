import { typeOf } from '../catalog/type-of.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { aggregateEntry, type ProgramAggregate } from '../functions/program/aggregate.ts';
import type { ProgramFunction, ProgramSignature } from '../functions/program/program-function.ts';
import { type ProgramScalar, scalarEntry } from '../functions/program/scalar.ts';
import { type ProgramTableFunction, tableEntry } from '../functions/program/table.ts';
import { parseType } from '../sql/parse.ts';
import type { RowField, SqlType } from '../types/sql-type.ts';
import type {
  AnyAggregateFunction,
  AnyFunction,
  AnyScalarFunction,
  AnyTableFunction,
  FunctionParameters,
} from './function-types.ts';
import type { Columns } from './row-types.ts';

/** Reads the types of a scalar function's signatures. @throws DiagnosticError P and B016 for what is no type, B013 */
export function scalarProgram(name: string, signatures: readonly AnyScalarFunction[]): ProgramFunction {
  const read = signatures.map(
    (signature): ProgramScalar => ({
      ...signatureOf(name, signature),
      returns: typeNamed(name, signature.returns),
      isDeterministic: signature.deterministic ?? true,
      call: signature.call as ProgramScalar['call'],
    }),
  );
  return { kind: 'scalar', entry: scalarEntry(name, read) };
}

/** As `scalarProgram`, of an aggregate function. */
export function aggregateProgram(name: string, signatures: readonly AnyAggregateFunction[]): ProgramFunction {
  const read = signatures.map((signature): ProgramAggregate => {
    const { init, add, retract, merge, result } = signature;
    return {
      ...signatureOf(name, signature),
      returns: typeNamed(name, signature.returns),
      accumulator: fieldsOf(name, signature.accumulator, 'accumulator'),
      init: init as ProgramAggregate['init'],
      add: add as ProgramAggregate['add'],
      retract: (retract ?? null) as ProgramAggregate['retract'],
      merge: (merge ?? null) as ProgramAggregate['merge'],
      result: result as ProgramAggregate['result'],
    };
  });
  return { kind: 'aggregate', entry: aggregateEntry(name, read) };
}

/** As `scalarProgram`, of a table function. */
export function tableProgram(name: string, signatures: readonly AnyTableFunction[]): ProgramFunction {
  const read = signatures.map(
    (signature): ProgramTableFunction => ({
      ...signatureOf(name, signature),
      columns: fieldsOf(name, signature.columns, 'columns'),
      isDeterministic: signature.deterministic ?? true,
      rows: signature.rows as ProgramTableFunction['rows'],
    }),
  );
  return { kind: 'table', entry: tableEntry(name, read) };
}

function signatureOf(name: string, { parameters, nulls }: AnyFunction): ProgramSignature {
  const seesNulls = nulls === 'pass';
  if (isList(parameters)) {
    const typed = parameters.map((type) => ({ name: null, type: typeNamed(name, type) }));
    return { parameters: typed, isNamed: false, seesNulls };
  }
  return {
    parameters: Object.entries(parameters).map(([key, type]) => ({ name: key, type: typeNamed(name, type) })),
    isNamed: true,
    seesNulls,
  };
}

function isList(parameters: FunctionParameters): parameters is readonly string[] {
  return Array.isArray(parameters);
}

function fieldsOf(name: string, columns: Columns, what: string): readonly RowField[] {
  const fields = Object.entries(columns).map(([field, type]) => ({ name: field, type: typeNamed(name, type) }));
  if (fields.length === 0) fail('B019', null, `the ${what} of the function "${name}" has no fields`);
  return fields;
}

function typeNamed(name: string, text: string): SqlType {
  return typeOf(parseType(new SourceText(`function "${name}"`, text)));
}
