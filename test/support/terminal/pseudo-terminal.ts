import { type IPty, spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';

const { Terminal } = headless;

/** What keys send. */
export const keys = {
  enter: '\r',
  tab: '\t',
  up: '\u001b[A',
  down: '\u001b[B',
  left: '\u001b[D',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlR: '\u0012',
  altEnter: '\u001b\r',
} as const;

export interface PseudoTerminalOptions {
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A process in a terminal of its own, and the screen as a person would see it. */
export class PseudoTerminal {
  /** All that was written, with its control sequences. */
  written = '';
  readonly ended: Promise<number>;
  readonly #process: IPty;
  readonly #screen: InstanceType<typeof Terminal>;
  #changed: () => void = () => {};

  constructor(file: string, args: readonly string[], { cwd, columns, rows, environment }: PseudoTerminalOptions) {
    this.#screen = new Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
    // The one who runs the tests may have colours off.
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
    const env = { ...inherited, ...environment };
    this.#process = spawn(file, [...args], { name: 'xterm-256color', cols: columns, rows, cwd, env });
    this.#process.onData((text) => {
      this.written += text;
      this.#screen.write(text, () => this.#changed());
    });
    this.ended = new Promise((resolve) => this.#process.onExit(({ exitCode }) => resolve(exitCode)));
  }

  type(text: string): void {
    this.#process.write(text);
  }

  /** As a terminal passes on what is pasted, to a program that wants to know. */
  paste(text: string): void {
    this.#process.write(`\u001b[200~${text}\u001b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#process.resize(columns, rows);
  }

  /** The lines of the screen, without blanks at their ends, down to the last that is not empty. */
  lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: this.#screen.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** Where the cursor stands, from the top left. */
  cursor(): { readonly row: number; readonly column: number } {
    const { cursorY, cursorX } = this.#screen.buffer.active;
    return { row: cursorY, column: cursorX };
  }

  /** Resolves with the lines when they are as wanted. @throws Error with the screen when they do not become so in time */
  async until(wanted: (lines: readonly string[]) => boolean, withinMs = 15_000): Promise<string[]> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#changed();
    }, withinMs);
    try {
      for (;;) {
        const lines = this.lines();
        if (wanted(lines)) return lines;
        if (isLate) throw new Error(`the screen is not as wanted, but:\n${lines.join('\n')}`);
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the last line has come to be this. */
  untilLast(line: string | RegExp, withinMs?: number): Promise<string[]> {
    const isIt = (last: string): boolean => (typeof line === 'string' ? last === line : line.test(last));
    return this.until((lines) => isIt(lines.at(-1) ?? ''), withinMs);
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
    this.#screen.dispose();
  }
}
