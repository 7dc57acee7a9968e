import type { Session } from '../catalog/session.ts';
import { foldConstant } from '../codegen/constant-folder.ts';
import { readableTraits, tableTraits } from '../connectors/index.ts';
import { DiagnosticError, fail } from '../diagnostics/diagnostic.ts';
import { planPhysically } from '../physical/plan.ts';
import { bindStatement, objectSchema, viewParts } from '../plan/bind/bind-statement.ts';
import { QueryNames } from '../plan/bind/expand-query.ts';
import type { TableTraitsOf } from '../plan/bind/table-traits.ts';
import { appendOnly, type LogicalSink } from '../plan/logical.ts';
import { optimize } from '../plan/optimize.ts';
import type { CompilePlan, ExecutePlan, Explain, Statement } from '../sql/ast.ts';
import { format } from '../sql/format.ts';
import type { SqlType } from '../types/sql-type.ts';
import { addCreatedTable, executeCatalogStatement, isThereAlready } from './catalog-statement.ts';
import { compilePlan, type Planning, restorePlan } from './compiled-plan.ts';
import { type ExplainPlace, explainText } from './explain.ts';
import { codeText } from './explain-code.ts';
import { isTrackedJob } from './job-state.ts';
import { executeJobStatement } from './job-statement.ts';
import { type PlanText, planText } from './plan-text.ts';
import { refusalOf } from './refused-statement.ts';
import { type JobHooks, runJob } from './run-job.ts';
import type { SessionContext } from './session-context.ts';
import type { ResultRow, StatementEvent } from './statement-event.ts';
import type { TableSchemas } from './table-schemas.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';

const traits: TableTraitsOf = {
  source: readableTraits,
  accepts: (table) => tableTraits(table).accepts,
};

/** Executes one statement; what happens is told as it does. @throws DiagnosticError when it is refused */
export async function* runStatement(
  statement: Statement,
  context: SessionContext,
  hooks: JobHooks,
): AsyncGenerator<StatementEvent> {
  const { session } = context;
  session.catalogs.look();
  if (statement.kind === 'createTable' && isThereAlready(statement, session)) return;
  const names = new QueryNames();
  const sinks = bindStatement(statement, session, traits, names);
  if (sinks !== null) {
    const planned = optimized(sinks, context);
    // The table of CREATE TABLE AS stays, whatever becomes of the job, as Flink's does.
    if (statement.kind === 'createTable') {
      addCreatedTable(session, sinks, statement);
      session.catalogs.save();
    }
    yield* runJob(planned, context, hooks, {
      statement: () => format(statement),
      text: () => jobText(statement, session, names),
    });
    return;
  }
  if (statement.kind === 'explain') {
    yield* textAnswer(answerTexts(['result'], [[explain(statement, context)]]), context);
    return;
  }
  if (statement.kind === 'compilePlan' || statement.kind === 'executePlan') {
    yield* runPlan(statement, context, hooks);
    return;
  }
  const jobAnswer = await executeJobStatement(statement, context);
  const answer = jobAnswer === 'other' ? executeCatalogStatement(statement, session, schemasOf(context)) : jobAnswer;
  if (answer === 'other') throw new DiagnosticError([refusalOf(statement)]);
  session.catalogs.save();
  if (answer !== null) yield* textAnswer(answer, context);
}

/** COMPILE PLAN, and what runs a plan: EXECUTE PLAN, COMPILE AND EXECUTE PLAN. */
async function* runPlan(
  statement: CompilePlan | ExecutePlan,
  context: SessionContext,
  hooks: JobHooks,
): AsyncGenerator<StatementEvent> {
  const planning: Planning = {
    plan: (planned, session, names) => {
      const sinks = bindStatement(planned, session, traits, names);
      if (sinks === null) return fail('B051', planned.span, 'a plan is of an INSERT or a statement set');
      return optimized(sinks, { ...context, session });
    },
    declare: (declared, session) => executeDeclaration(declared, { ...context, session }),
  };
  if (statement.kind === 'compilePlan') compilePlan(statement, context.session, planning);
  if (statement.kind === 'compilePlan' && !statement.isExecute) return;
  const { sinks, session, text } = restorePlan(statement, context.session, planning);
  yield* runJob(sinks, { ...context, session }, hooks, { statement: () => format(statement), text: () => text });
}

/** The statement as another session can run it; of a query, which nobody else runs, its own words. */
function jobText(statement: Statement, session: Session, names: QueryNames): PlanText {
  const { kind } = statement;
  if (kind === 'insert' || kind === 'statementSet' || kind === 'createTable')
    return planText(statement, session, names);
  return { statement: format(statement), objects: {}, settings: Object.fromEntries(session.settings.entries()) };
}

/** Executes a statement that needs no job and answers nothing. @throws DiagnosticError when it is refused, W001 for another */
export function executeDeclaration(statement: Statement, context: SessionContext): void {
  const answer = executeCatalogStatement(statement, context.session, schemasOf(context));
  if (answer === 'other') throw new DiagnosticError([refusalOf(statement)]);
}

function optimized(
  sinks: readonly LogicalSink[],
  { session, memory, clock, zone }: SessionContext,
): readonly LogicalSink[] {
  const { timeZone, legacyCasts } = session.settings;
  const zoneAddress = zone(timeZone).address;
  const times = {
    timeZone,
    database: session.currentDatabase,
    legacyCasts,
    zoneAddress,
    processingTimeMs: () => clock.nowMs(),
  };
  return optimize(sinks, {
    isOff: session.settings.get('tidemark.optimizer') === 'off',
    fold: (expression) => foldConstant(memory, times, expression),
    decoderOf: tableTraits,
  });
}

function schemasOf({ session }: SessionContext): TableSchemas {
  return {
    tableSchema: (object) => objectSchema(object, session, traits),
    viewParts: (view) => viewParts(view, session, traits),
  };
}

function explain(statement: Explain, context: SessionContext): string {
  const sinks = bindStatement(statement.statement, context.session, traits);
  if (sinks === null) fail('B039', statement.statement.span, 'EXPLAIN takes a query, an INSERT or a statement set');
  return explainText(statement.statement, optimized(sinks, context), statement.details, placeOf(context));
}

function placeOf(context: SessionContext): ExplainPlace {
  return {
    isOnDisk: context.keptRows.folder !== null,
    wantsCheckpoints:
      !context.restartsAtCheckpoints && context.session.settings.durationMs('execution.checkpointing.interval') > 0,
    hasCheckpoints: (graph) => !context.restartsAtCheckpoints && isTrackedJob(graph, context),
  };
}

/**
 * The plan of a statement that would run a job; one of another kind is executed for the session alone, and has none.
 * `code`: what the plan is compiled to, in its place.
 */
export function explainStatement(statement: Statement, context: SessionContext, code = false): string | null {
  const { session } = context;
  session.catalogs.look();
  if (statement.kind === 'createTable' && isThereAlready(statement, session)) return null;
  const sinks = bindStatement(statement, session, traits);
  if (sinks === null) {
    executeCatalogStatement(statement, session, schemasOf(context));
    return null;
  }
  const plan = optimized(sinks, context);
  const text = code
    ? codeText(planPhysically(plan, { replacedRows: true }), context)
    : explainText(statement, plan, [], placeOf(context));
  if (statement.kind === 'createTable') addCreatedTable(session, sinks, statement);
  return text;
}

function* textAnswer({ columns, rows }: TextAnswer, { session }: SessionContext): Generator<StatementEvent> {
  const { timeZone } = session.settings;
  const isText = columns.length === 1 && rows.length === 1 && rows[0]?.[0]?.includes('\n') === true;
  yield { kind: 'answer', header: { columns, changes: appendOnly, timeZone, isText } };
  yield {
    kind: 'rows',
    rows: rows.map((values) => ({
      kind: '+I' as const,
      values: values.map((value, at) => textValue(value, columns[at]?.type.kind)),
    })),
  };
}

/** What is told as a text, as a value of its type: TRUE, and the milliseconds of a time. */
function textValue(text: string | null, kind: SqlType['kind'] | undefined): ResultRow['values'][number] {
  if (text === null) return null;
  if (kind === 'BOOLEAN') return text === 'TRUE';
  return kind === 'TIMESTAMP_LTZ' ? BigInt(text) : text;
}
