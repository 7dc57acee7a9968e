import { exitCode } from './exit-codes.ts';

/** Ctrl-C and a supervisor's signal: the first asks to stop, a second ends the process at once. */
export class Interrupts {
  /** The code to exit with, once a signal has asked to stop. */
  code: number | null = null;
  readonly #onStop: () => void;
  readonly #onInterrupt = () => this.#stop(exitCode.interrupted);
  readonly #onTerminate = () => this.#stop(exitCode.terminated);

  constructor(onStop: () => void) {
    this.#onStop = onStop;
    process.on('SIGINT', this.#onInterrupt);
    process.on('SIGTERM', this.#onTerminate);
  }

  close(): void {
    process.off('SIGINT', this.#onInterrupt);
    process.off('SIGTERM', this.#onTerminate);
  }

  #stop(code: number): void {
    if (this.code !== null) process.exit(code);
    this.code = code;
    this.#onStop();
  }
}
