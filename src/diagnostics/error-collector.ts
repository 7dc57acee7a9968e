import { type Diagnostic, DiagnosticError } from './diagnostic.ts';

/** Keeps the errors of independent parts, so that one mistake does not hide the next. */
export class ErrorCollector {
  readonly #errors: Diagnostic[] = [];

  /** What `work` gives; undefined where it failed, its errors kept. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      this.#errors.push(...thrown.diagnostics);
      return undefined;
    }
  }

  add(diagnostic: Diagnostic): void {
    this.#errors.push(diagnostic);
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  /** @throws DiagnosticError with all of them, where there is one */
  throwIfAny(): void {
    if (this.#errors.length > 0) throw new DiagnosticError(this.#errors);
  }
}
