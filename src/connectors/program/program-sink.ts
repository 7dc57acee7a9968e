import { DiagnosticError, error } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Batch } from '../../memory/batch.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import type { Sink } from '../connector.ts';

/** A sink of the program's: what its code throws is told as a failure of the table. */
export class ProgramSink implements Sink {
  readonly accepts: Sink['accepts'];
  readonly prepare?: (isLast: boolean) => Promise<SavedValue>;
  readonly withdraw?: (token: SavedValue) => void;
  readonly commit?: (token: SavedValue) => Promise<void>;
  readonly resume?: (token: SavedValue) => Promise<void>;
  readonly #sink: Sink;
  readonly #name: string;
  readonly #span: Span | null;

  constructor(sink: Sink, name: string, span: Span | null) {
    this.#sink = sink;
    this.#name = name;
    this.#span = span;
    this.accepts = sink.accepts;
    // What it cannot do it is not asked for.
    if (sink.prepare !== undefined) this.prepare = (isLast) => this.#told(async () => sink.prepare?.(isLast) ?? null);
    if (sink.withdraw !== undefined) this.withdraw = (token) => sink.withdraw?.(token);
    if (sink.commit !== undefined) this.commit = (token) => this.#told(async () => sink.commit?.(token));
    if (sink.resume !== undefined) this.resume = (token) => this.#told(async () => sink.resume?.(token));
  }

  open(): Promise<void> {
    return this.#told(() => this.#sink.open());
  }

  write(batch: Batch): void | Promise<void> {
    try {
      return this.#sink.write(batch)?.catch((thrown: unknown) => this.#fail(thrown));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  finish(): Promise<void> {
    return this.#told(() => this.#sink.finish());
  }

  abort(): Promise<void> {
    return this.#told(() => this.#sink.abort());
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): never {
    if (thrown instanceof DiagnosticError) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new DiagnosticError(
      [error('F014', this.#span, `the program did not take rows of '${this.#name}': ${message}`)],
      thrown,
    );
  }
}
