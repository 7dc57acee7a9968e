import { createHash } from 'node:crypto';
import { newCatalog, newDatabase } from '../catalog/catalog.ts';
import { pathText } from '../catalog/object-path.ts';
import { Session } from '../catalog/session.ts';
import type { ObjectPath } from '../catalog/table.ts';
import { error, fail } from '../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../diagnostics/error-collector.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { planPhysically } from '../physical/plan.ts';
import { QueryNames } from '../plan/bind/expand-query.ts';
import type { LogicalSink } from '../plan/logical.ts';
import { printPlan } from '../plan/print.ts';
import type { CompilePlan, ExecutePlan, Statement } from '../sql/ast.ts';
import { parseScript } from '../sql/parse.ts';
import { type PlanFile, planFileExists, readPlanFile, writePlanFile } from './plan-file.ts';
import { createText, type PlanText, planText } from './plan-text.ts';

/** How a statement is planned in a session, and how one that declares is executed there. */
export interface Planning {
  readonly plan: (statement: Statement, session: Session, names: QueryNames | null) => readonly LogicalSink[];
  readonly declare: (statement: Statement, session: Session) => void;
}

/**
 * COMPILE PLAN: writes what EXECUTE PLAN needs to run the same plan again, wherever its tables' data is found.
 * @throws DiagnosticError B015 for a file that is there, F014 for one that cannot be written, and as for the statement
 */
export function compilePlan(statement: CompilePlan, session: Session, planning: Planning): void {
  if (planFileExists(statement.path)) {
    // COMPILE AND EXECUTE goes on with the plan that is there.
    if (statement.ifNotExists || statement.isExecute) return;
    fail('B015', statement.path.span, `"${statement.path.value}" exists already`, { help: 'write IF NOT EXISTS' });
  }
  const names = new QueryNames();
  const sinks = planning.plan(statement.statement, session, names);
  writePlanFile(statement.path, {
    tidemark: 'plan',
    version: 1,
    ...planText(statement.statement, session, names),
    fingerprint: fingerprintOf(sinks),
  });
}

/**
 * EXECUTE PLAN: the sinks of a plan that was compiled, in a session of its own with the tables and settings of then.
 * @throws DiagnosticError B051 where a table is another now, or the engine plans the statement otherwise
 */
export function restorePlan(
  { path }: Pick<ExecutePlan, 'path'>,
  session: Session,
  planning: Planning,
): { readonly sinks: readonly LogicalSink[]; readonly session: Session; readonly text: PlanText } {
  const plan = readPlanFile(path);
  const restored = restoredSession(plan, path.value, session, path.span, planning);
  const [statement] = parseScript(new SourceText(path.value, plan.statement)).statements;
  if (statement === undefined) return fail('B051', path.span, `"${path.value}" holds no statement`);
  const sinks = planning.plan(statement, restored, null);
  if (fingerprintOf(sinks) !== plan.fingerprint) {
    fail('B051', path.span, `"${path.value}" was compiled to another plan than this engine makes of it`, {
      help: 'look at EXPLAIN of its statement, and COMPILE PLAN again: state that was kept does not fit',
    });
  }
  return { sinks, session: restored, text: plan };
}

function restoredSession(
  plan: PlanFile,
  name: string,
  session: Session,
  span: ExecutePlan['span'],
  planning: Planning,
): Session {
  const restored = new Session({ ...Object.fromEntries(session.settings.entries()), ...plan.settings });
  // Code of the program's is no part of a plan: the functions of its names are taken that there are now.
  for (const [name, defined] of session.programFunctions) restored.programFunctions.set(name, defined);
  const errors = new ErrorCollector();
  for (const text of Object.values(plan.objects)) {
    for (const statement of parseScript(new SourceText(name, text)).statements) {
      if (statement.kind !== 'createTable' && statement.kind !== 'createView') continue;
      const path = session.path(statement.name);
      const known = session.find(path);
      const now = known === undefined ? text : createText(known);
      if (now !== text) {
        errors.add(
          error('B051', span, `"${pathText(path)}" is another now than when "${name}" was compiled`, {
            notes: differences(text, now),
            help: 'COMPILE PLAN again, or make it what it was',
          }),
        );
        continue;
      }
      if (errors.hasErrors) continue;
      makePlace(restored, path);
      planning.declare(statement, restored);
    }
  }
  errors.throwIfAny();
  return restored;
}

/** Declares tables and views by their CREATE statements, in catalogs and databases that are made for them. @throws DiagnosticError */
export function declareObjects(
  objects: Readonly<Record<string, string>>,
  session: Session,
  declare: Planning['declare'],
): void {
  for (const [name, text] of Object.entries(objects)) {
    for (const statement of parseScript(new SourceText(name, text)).statements) {
      if (statement.kind !== 'createTable' && statement.kind !== 'createView') continue;
      makePlace(session, session.path(statement.name));
      declare(statement, session);
    }
  }
}

/** The lines of a CREATE statement that only the one or the other has. */
function differences(then: string, now: string): readonly string[] {
  const [before, after] = [then, now].map((text) => text.split('\n').map((line) => line.trim().replace(/,$/, '')));
  if (before === undefined || after === undefined) return [];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `then: ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `now: ${line}`),
  ];
}

/** The catalog and database of a path. */
function makePlace({ catalogs }: Session, { catalog, database }: ObjectPath): void {
  const known = catalogs.get(catalog);
  if (known === undefined) catalogs.add(newCatalog(catalog, null, new Map(), database));
  else if (!known.databases.has(database)) known.databases.set(database, newDatabase(database, null, new Map()));
}

function fingerprintOf(sinks: readonly LogicalSink[]): string {
  const { operators } = planPhysically(sinks, { replacedRows: true });
  const steps = operators.map(({ id, inputs, steps: own, after }) => [id, inputs, own.map(kindOf), after.map(kindOf)]);
  const text = JSON.stringify([printPlan(sinks, { types: true }), steps]);
  return createHash('sha256').update(text).digest('hex');
}

function kindOf({ kind }: { readonly kind: string }): string {
  return kind;
}
