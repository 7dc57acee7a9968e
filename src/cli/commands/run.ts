import { text } from 'node:stream/consumers';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/render.ts';
import { SourceText } from '../../diagnostics/source-text.ts';
import { Engine } from '../../engine.ts';
import type { StatementEvent } from '../../session/statement-event.ts';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { exitCode } from '../exit-codes.ts';
import type { AnswerWriter } from '../formats/answer-writer.ts';
import { changelogWriter } from '../formats/changelog.ts';
import { csvWriter } from '../formats/csv.ts';
import { jsonlWriter } from '../formats/jsonl.ts';
import { tableWriter } from '../formats/table.ts';
import { Interrupts } from '../interrupts.ts';
import { keptLines } from '../kept-lines.ts';
import { ProgressLine } from '../progress.ts';
import { type ScriptFile, scriptFiles } from '../script-files.ts';
import { addTotals, noTotals, summaryLine, type Totals } from '../summary-line.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export const formats = ['table', 'jsonl', 'csv', 'changelog'] as const;

export interface RunOptions {
  readonly execute: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly format: (typeof formats)[number];
  /** Rows shown of each answer of `--format table`. */
  readonly rows: number;
}

/** `tidemark run`: the scripts one after the other in one session; the code to exit with. */
export async function run(
  paths: readonly string[],
  options: RunOptions,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  const scripts = scriptFiles(paths, options.execute);
  if (scripts.length === 0) throw new UsageError('nothing to run', "name a file, a folder or -e 'SELECT ...'");
  return new Runner(scripts, options, out, err).run();
}

/** `tidemark` with its standard input from a pipe or a file: runs that as a script; the code to exit with. */
export async function runInput(
  options: Pick<RunOptions, 'config' | 'format'>,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  const source = new SourceText('standard input', (await text(process.stdin)).replace(/^\ufeff/, ''));
  const rows = Number.POSITIVE_INFINITY;
  return new Runner(
    [{ path: null, source, title: null, isSetup: false }],
    { ...options, execute: [], rows },
    out,
    err,
  ).run();
}

class Runner {
  readonly #scripts: readonly ScriptFile[];
  readonly #options: RunOptions;
  readonly #out: Terminal;
  readonly #err: Terminal;
  readonly #writer: AnswerWriter;
  readonly #progress: ProgressLine;
  readonly #hasHeadings: boolean;
  #totals: Totals = noTotals;
  /** Another process has stopped a job of the script: what comes behind it is not run. */
  #isStopped = false;

  constructor(scripts: readonly ScriptFile[], options: RunOptions, out: Terminal, err: Terminal) {
    this.#scripts = scripts;
    this.#options = options;
    this.#out = out;
    this.#err = err;
    this.#progress = new ProgressLine(err);
    this.#hasHeadings = options.format === 'table' && scripts.filter(({ isSetup }) => !isSetup).length > 1;
    this.#writer = this.#newWriter();
  }

  async run(): Promise<number> {
    const engine = this.#newEngine();
    if (engine === null) return exitCode.failed;
    const interrupts = new Interrupts(() => engine.cancel());
    try {
      for (const script of this.#scripts) {
        if (!(await this.#runScript(engine, script))) return this.#ended('failed', exitCode.failed);
        if (interrupts.code !== null) return this.#ended('stopped', interrupts.code);
        if (this.#isStopped) return this.#ended('stopped', exitCode.ok);
      }
      return this.#ended('done', exitCode.ok);
    } finally {
      interrupts.close();
      engine?.close();
    }
  }

  /** Null when a setting of `-c` was refused. */
  #newEngine(): Engine | null {
    try {
      return new Engine({
        keptRowsFolder: defaultStreamsFolder,
        settings: this.#options.config,
        standardOutput: (text) => this.#out.write(text),
        standardError: (text) => this.#err.write(text),
      });
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      this.#refuse(thrown.diagnostics);
      return null;
    }
  }

  async #runScript(engine: Engine, script: ScriptFile): Promise<boolean> {
    if (this.#hasHeadings && !script.isSetup && script.path !== null) this.#heading(script);
    for await (const event of engine.run(script.source)) {
      if (!this.#take(event)) return false;
      if (this.#isStopped && event.kind === 'done') return true;
      await this.#out.drained();
    }
    return true;
  }

  /** False: the script is over. */
  #take(event: StatementEvent): boolean {
    switch (event.kind) {
      case 'statement':
        return true;
      case 'answer':
        this.#progress.clear();
        this.#writer.begin(event.header);
        return true;
      case 'rows':
        this.#progress.clear();
        this.#writer.rows(event.rows);
        return true;
      case 'progress':
        this.#progress.show(event.progress);
        return true;
      case 'summary':
        this.#progress.clear();
        this.#totals = addTotals(this.#totals, event.summary);
        this.#isStopped ||= event.summary.outcome === 'stopped';
        return true;
      case 'done':
        this.#progress.clear();
        this.#writer.end();
        return true;
      case 'warnings':
        this.#show(event.diagnostics);
        return true;
      case 'refused':
        this.#progress.clear();
        this.#refuse(event.diagnostics);
        return false;
    }
  }

  #refuse(diagnostics: readonly Diagnostic[]): void {
    this.#writer.refused(diagnostics);
    this.#show(diagnostics);
  }

  #show(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      this.#err.write(`${renderDiagnostic(diagnostic, { color: this.#err.colors.isColorSupported })}\n`);
    }
  }

  #heading({ path, title }: ScriptFile): void {
    const { bold, dim } = this.#out.colors;
    const name = path?.split(/[\\/]/).at(-1) ?? '';
    this.#out.write(`\n${bold(name)}${title === null ? '' : `   ${dim(title)}`}\n`);
  }

  /** The summary is for people: beside a table, or on a terminal. */
  #ended(word: 'done' | 'stopped' | 'failed', code: number): number {
    if (this.#totals.jobs === 0 || (this.#options.format !== 'table' && !this.#err.isTerminal)) return code;
    const line = summaryLine(word, this.#totals, performance.now());
    this.#err.write(`${this.#hasHeadings ? '\n' : ''}${this.#err.colors.dim(line)}\n`);
    for (const kept of keptLines(this.#totals.kept)) this.#err.write(`${this.#err.colors.dim(kept)}\n`);
    return code;
  }

  #newWriter(): AnswerWriter {
    const write = (text: string) => this.#out.write(text);
    switch (this.#options.format) {
      case 'changelog':
        return changelogWriter(write);
      case 'csv':
        return csvWriter(write);
      case 'jsonl':
        return jsonlWriter(write);
      case 'table':
        return tableWriter(write, {
          boxes: this.#out.isTerminal,
          bold: this.#out.colors.bold,
          dim: this.#out.colors.dim,
          rowsMax: this.#options.rows,
          indent: this.#hasHeadings ? '  ' : '',
          later: (callback, ms) => {
            const timer = setTimeout(callback, ms);
            return { cancel: () => clearTimeout(timer) };
          },
        });
    }
  }
}
