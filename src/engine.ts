import type { RecordBatch } from 'apache-arrow';
import { Session } from './catalog/session.ts';
import { type Diagnostic, DiagnosticError } from './diagnostics/diagnostic.ts';
import type { SourceText } from './diagnostics/source-text.ts';
import type { Batch } from './memory/batch.ts';
import { Memory } from './memory/memory.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import type { Job } from './runtime/job.ts';
import { JobFailure } from './session/run-job.ts';
import { explainStatement, runStatement } from './session/run-statement.ts';
import { type SessionContext, sessionZone } from './session/session-context.ts';
import type { AnswerHeader, RefusalStage, StatementEvent } from './session/statement-event.ts';
import { parse } from './sql/parse.ts';

export interface EngineOptions {
  /** As if by SET before the first statement; RESET goes back to them. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** May be shared by engines that do not run at the same time. Made anew by default. */
  readonly memory?: Memory | undefined;
  /** Tests own theirs. */
  readonly clock?: Clock | undefined;
  /** Arrow record batches by name, for tables WITH ('connector' = 'arrow', 'batches' = NAME). */
  readonly recordBatches?: ReadonlyMap<string, readonly RecordBatch[]> | undefined;
  /** Where the connector `print` writes; by default to the process's own. */
  readonly standardOutput?: ((text: string) => void) | undefined;
  readonly standardError?: ((text: string) => void) | undefined;
  /** Takes an answer's batches where they lie, in place of `rows` events. Valid during the call; a promise is waited for. */
  readonly onBatch?: ((batch: Batch, header: AnswerHeader) => void | Promise<void>) | undefined;
}

/** What `Engine.explain` gives. */
export type ExplainEvent =
  | { readonly kind: 'plan'; readonly text: string }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

/** A session: catalogs, settings, and the scripts that run in it, one after the other. */
export class Engine {
  readonly #context: SessionContext;
  readonly #onBatch: EngineOptions['onBatch'];
  #job: Job | null = null;
  #isCancelled = false;

  /** @throws DiagnosticError O003 for a setting's value that is none */
  constructor(options: EngineOptions = {}) {
    const memory = options.memory ?? Memory.create();
    this.#onBatch = options.onBatch;
    this.#context = {
      session: new Session(options.settings),
      memory,
      clock: options.clock ?? systemClock,
      standardOutput: options.standardOutput ?? ((text) => void process.stdout.write(text)),
      standardError: options.standardError ?? ((text) => void process.stderr.write(text)),
      recordBatches: options.recordBatches ?? new Map(),
      zone: (name) => sessionZone(memory, name),
    };
  }

  /**
   * Runs a script statement by statement. A statement that is refused ends it: the last event says why. What was done
   * before it stays done.
   * @throws only for a fault of the engine itself
   */
  async *run(source: SourceText): AsyncGenerator<StatementEvent> {
    this.#isCancelled = false;
    let stage: RefusalStage = 'parse';
    try {
      const { script, diagnostics } = parse(source);
      const firstWrong = Math.min(...diagnostics.map(({ span }) => span?.start ?? 0));
      let index = 0;
      for (const statement of script.statements) {
        if (this.#isCancelled) return;
        // What stands before a mistake is done, as by Flink's client.
        if (statement.span.start > firstWrong) break;
        stage = 'bind';
        yield { kind: 'statement', index: index++, span: statement.span };
        yield* runStatement(statement, this.#context, {
          onBatch: this.#onBatch ?? null,
          onJob: (job) => {
            this.#job = job;
          },
        });
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

  /**
   * The plans of a script's queries and INSERTs, which are not run; its other statements are executed.
   * @throws only for a fault of the engine itself
   */
  async *explain(source: SourceText): AsyncGenerator<ExplainEvent> {
    try {
      const { script, diagnostics } = parse(source);
      if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
      for (const statement of script.statements) {
        const plan = explainStatement(statement, this.#context);
        if (plan !== null) yield { kind: 'plan', text: plan };
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      yield { kind: 'refused', diagnostics: error.diagnostics };
    }
  }

  /** Stops what runs, after the batch at hand; the script ends there. */
  cancel(): void {
    this.#isCancelled = true;
    this.#job?.cancel();
  }

  /** Ends the session: what runs is stopped. */
  close(): void {
    this.cancel();
  }
}
