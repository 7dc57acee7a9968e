import type { RecordBatch } from 'apache-arrow';
import { Session } from './catalog/session.ts';
import type { ProgramSinks } from './connectors/connector.ts';
import { KeptRows } from './connectors/kept/kept-rows.ts';
import type { ProgramTables } from './connectors/program/program-table.ts';
import { type Diagnostic, DiagnosticError } from './diagnostics/diagnostic.ts';
import type { SourceText } from './diagnostics/source-text.ts';
import type { ProgramFunction } from './functions/program/program-function.ts';
import type { Batch } from './memory/batch.ts';
import { Memory } from './memory/memory.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import type { Job } from './runtime/job.ts';
import { declareObjects } from './session/compiled-plan.ts';
import { discardHeld } from './session/dropped-job.ts';
import { defineFunction } from './session/function-statement.ts';
import { JobFailure } from './session/run-job.ts';
import { executeDeclaration, explainStatement, runStatement } from './session/run-statement.ts';
import { type SessionContext, sessionZone } from './session/session-context.ts';
import { type SessionJob, SessionJobs } from './session/session-jobs.ts';
import type { AnswerHeader, RefusalStage, StatementEvent } from './session/statement-event.ts';
import type { Statement } from './sql/ast.ts';
import { parse, parseScript, parseToMistake } from './sql/parse.ts';
import type { Manifest } from './state/manifest.ts';
import { defaultCatalogsFolder, defaultStreamsFolder } from './streams/default-folder.ts';
import { machine } from './streams/machine.ts';
import type { StreamEnvironment } from './streams/stream-environment.ts';

/** What an engine is made with; every part has a default. */
export interface EngineOptions {
  /** As if by SET before the first statement; RESET goes back to them. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** @internal May be shared by engines that do not run at the same time. Made anew by default. */
  readonly memory?: Memory | undefined;
  /** Wall time; by default the machine's. Tests own theirs. */
  readonly clock?: Clock | undefined;
  /** Arrow record batches by name, for tables WITH ('connector' = 'arrow', 'batches' = NAME). */
  readonly recordBatches?: ReadonlyMap<string, readonly RecordBatch[]> | undefined;
  /** @internal Tables that the program feeds while jobs run, by name: WITH ('connector' = 'program', 'table' = NAME). */
  readonly programTables?: ProgramTables | undefined;
  /** @internal Sinks of the program's own, by name: WITH ('connector' = 'program', 'table' = NAME) where it is written. */
  readonly programSinks?: ProgramSinks | undefined;
  /** Where embedded streams are that a table gives no folder of; by default `.tidemark/streams`. */
  readonly streamsFolder?: string | undefined;
  /** Where catalogs are kept that are given no path, and the catalog store; by default `.tidemark/catalogs`. */
  readonly catalogsFolder?: string | undefined;
  /** Among which streams the rows are kept that came late or could not be read; by default in memory. */
  readonly keptRowsFolder?: string | undefined;
  /** @internal What embedded streams are on, and what is kept of tables: by default the machine. */
  readonly streamEnvironment?: StreamEnvironment | undefined;
  /** @internal Where checkpoints are written: by default the machine's file system. */
  readonly stateEnvironment?: StreamEnvironment | undefined;
  /** @internal Each job stops at each checkpoint and goes on from it in a fresh memory; one is made before each batch. */
  readonly restartsAtCheckpoints?: boolean | undefined;
  /** Jobs begin without the state that they have: it is put aside. */
  readonly startsAnew?: boolean | undefined;
  /** @internal The folder, among those of jobs, of the one that is run again from its state. */
  readonly resumedFolder?: string | undefined;
  /** Where the connector `print` writes; by default to the process's own. */
  readonly standardOutput?: ((text: string) => void) | undefined;
  /** Where it writes what goes to standard error. */
  readonly standardError?: ((text: string) => void) | undefined;
  /** @internal Takes an answer's batches where they lie, in place of `rows` events. Valid during the call; a promise is waited for. */
  readonly onBatch?: ((batch: Batch, header: AnswerHeader, memory: Memory) => void | Promise<void>) | undefined;
}

/** What `Engine.explain` gives. */
export type ExplainEvent =
  | { readonly kind: 'plan'; readonly text: string }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

/** How a script or statement is run. */
export interface RunOptions {
  /** Aborted: what runs stops after the batch at hand, and the script ends there. */
  readonly signal?: AbortSignal | undefined;
  /** @internal In the place of the engine's own. */
  readonly onBatch?: EngineOptions['onBatch'];
  /** @internal Told the job of the statement, before it reads its first row, and how SHOW JOBS tells it. */
  readonly onJob?: ((job: Job, entry: SessionJob) => void) | undefined;
}

/** A session: catalogs, settings, and the scripts that run in it. Several may run at the same time, and see each other's tables. */
export class Engine {
  readonly #context: SessionContext;
  readonly #onBatch: EngineOptions['onBatch'];
  /** Stops what runs. */
  #stop = new AbortController();

  /** @throws DiagnosticError O003 for a setting's value that is none */
  constructor(options: EngineOptions = {}) {
    let memory = options.memory ?? Memory.create();
    // One that has ended is of no use any more: what comes next has another.
    const current = (): Memory => {
      if (memory.isExhausted) memory = Memory.create();
      return memory;
    };
    this.#onBatch = options.onBatch;
    this.#context = {
      session: new Session(options.settings, options.catalogsFolder ?? defaultCatalogsFolder),
      jobs: new SessionJobs(),
      get memory() {
        return current();
      },
      clock: options.clock ?? systemClock,
      standardOutput: options.standardOutput ?? ((text) => void process.stdout.write(text)),
      standardError: options.standardError ?? ((text) => void process.stderr.write(text)),
      recordBatches: options.recordBatches ?? new Map(),
      programTables: options.programTables ?? new Map(),
      programSinks: options.programSinks ?? new Map(),
      streamsFolder: options.streamsFolder ?? defaultStreamsFolder,
      streamEnvironment: options.streamEnvironment ?? machine,
      keptRows: new KeptRows(options.keptRowsFolder ?? null, options.streamEnvironment),
      stateEnvironment: options.stateEnvironment ?? machine,
      restartsAtCheckpoints: options.restartsAtCheckpoints ?? false,
      startsAnew: options.startsAnew ?? false,
      resumedFolder: options.resumedFolder ?? null,
      zone: (name) => sessionZone(current(), name),
    };
  }

  /**
   * Runs a script statement by statement. A statement that is refused ends it: the last event says why. What was done
   * before it stays done.
   * @throws only for a fault of the engine itself
   */
  async *run(source: SourceText, options: RunOptions = {}): AsyncGenerator<StatementEvent> {
    const signal = this.#signal(options);
    let stage: RefusalStage = 'parse';
    try {
      const { script, diagnostics } = parseToMistake(source);
      let index = 0;
      for (const statement of script.statements) {
        if (signal.aborted) return;
        stage = 'bind';
        yield { kind: 'statement', index: index++, span: statement.span };
        yield* this.#execute(statement, options, signal);
        yield { kind: 'done' };
        stage = 'parse';
      }
      if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      if (error instanceof JobFailure) stage = 'runtime';
      yield { kind: 'refused', stage, diagnostics: error.diagnostics };
    }
  }

  /** @internal Runs one statement; the events are those between `statement` and `done`. @throws DiagnosticError when it is refused */
  execute(statement: Statement, options: RunOptions = {}): AsyncGenerator<StatementEvent> {
    return this.#execute(statement, options, this.#signal(options));
  }

  /** Executes a text of statements that need no job and answer nothing, such as CREATE TABLE. @throws DiagnosticError */
  declare(source: SourceText): void {
    for (const statement of parseScript(source).statements) executeDeclaration(statement, this.#context);
  }

  /** @internal Declares what a job was declared with when it ran before. @throws DiagnosticError */
  declareAgain(objects: Readonly<Record<string, string>>): void {
    declareObjects(objects, this.#context.session, (statement) => executeDeclaration(statement, this.#context));
  }

  /** @internal Takes away what the sinks of a job hold that is dropped: of its newest checkpoint, in this folder. @throws DiagnosticError */
  async discardHeld(manifest: Manifest, folder: string): Promise<void> {
    this.declareAgain(manifest.job.objects);
    await discardHeld(manifest, folder, this.#context);
  }

  /** @internal Makes a function of the program's known to SQL. @throws DiagnosticError B015 for a name that is taken */
  defineFunction(defined: ProgramFunction): void {
    defineFunction(defined, this.#context.session);
  }

  /**
   * The plans of a script's queries and INSERTs, which are not run; its other statements are executed. With `code`, the
   * WebAssembly that they are compiled to, in the text format.
   * @throws only for a fault of the engine itself
   */
  async *explain(source: SourceText, options: { readonly code?: boolean } = {}): AsyncGenerator<ExplainEvent> {
    try {
      const { script, diagnostics } = parse(source);
      if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
      for (const statement of script.statements) {
        const plan = explainStatement(statement, this.#context, options.code);
        if (plan !== null) yield { kind: 'plan', text: plan };
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      yield { kind: 'refused', diagnostics: error.diagnostics };
    }
  }

  /** What was declared and set so far, for who completes names; not to be changed. */
  get session(): Session {
    return this.#context.session;
  }

  /** Stops what runs, after the batch at hand; the scripts end there. */
  cancel(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  /** Ends the session: what runs is stopped. */
  close(): void {
    this.cancel();
  }

  #signal({ signal }: RunOptions): AbortSignal {
    return signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
  }

  async *#execute(
    statement: Statement,
    { onBatch, onJob }: RunOptions,
    signal: AbortSignal,
  ): AsyncGenerator<StatementEvent> {
    yield* runStatement(statement, this.#context, {
      onBatch: onBatch ?? this.#onBatch ?? null,
      onJob: onJob ?? null,
      signal,
    });
  }
}
