import { type ProgressFigures, progressLine } from './summary-line.ts';
import type { Terminal } from './terminal.ts';

/** A job that ends within this time shows no progress. */
const showAfterMs = 1000;

/** One line on a terminal's standard error that is drawn over; nothing where there is no terminal. */
export class ProgressLine {
  readonly #terminal: Terminal;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(progress: ProgressFigures): void {
    this.showText(progressLine(progress), progress.elapsedMs);
  }

  showText(line: string, elapsedMs: number): void {
    if (!this.#terminal.isTerminal || elapsedMs < showAfterMs) return;
    const text = `${line}   ctrl-c to stop`.slice(0, this.#terminal.columns - 1);
    this.#terminal.write(`\r\u001b[2K${this.#terminal.colors.dim(text)}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.#terminal.write('\r\u001b[2K');
    this.#isShown = false;
  }
}
