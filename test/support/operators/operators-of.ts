import { declareTable } from '../../../src/catalog/declare-table.ts';
import { Session } from '../../../src/catalog/session.ts';
import { tableTraits } from '../../../src/connectors/index.ts';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import type { PhysicalOperator } from '../../../src/physical/graph.ts';
import { planPhysically } from '../../../src/physical/plan.ts';
import { bindStatement } from '../../../src/plan/bind/bind-statement.ts';
import { parseScript } from '../../../src/sql/parse.ts';

const traits = {
  source: tableTraits,
  accepts: (table: Parameters<typeof tableTraits>[0]) => tableTraits(table).accepts,
};

/** The operators of a query or an INSERT over tables, as it is written: nothing is optimized. */
export function operatorsOf(
  tables: string,
  statement: string,
  settings: Readonly<Record<string, string>> = {},
): readonly PhysicalOperator[] {
  const session = new Session();
  for (const [key, value] of Object.entries(settings)) session.settings.set(key, value, null);
  for (const declaration of parseScript(new SourceText('tables.sql', tables)).statements) {
    if (declaration.kind !== 'createTable') continue;
    const table = declareTable(session, declaration);
    session.database(table.path, declaration.name).objects.set(table.path.name, { kind: 'table', table });
  }
  const [parsed] = parseScript(new SourceText('statement.sql', statement)).statements;
  const sinks = parsed === undefined ? null : bindStatement(parsed, session, traits);
  return planPhysically(sinks ?? [], { replacedRows: true }).operators;
}

/** The one operator of a kind. */
export function operatorOf(
  tables: string,
  statement: string,
  kind: PhysicalOperator['work']['kind'],
  settings: Readonly<Record<string, string>> = {},
): PhysicalOperator {
  const found = operatorsOf(tables, statement, settings).find(({ work }) => work.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}
