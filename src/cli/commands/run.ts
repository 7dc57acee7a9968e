import { text } from 'node:stream/consumers';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/render.ts';
import { SourceText } from '../../diagnostics/source-text.ts';
import { Engine } from '../../engine.ts';
import type { JobProgress, JobSummary } from '../../runtime/job.ts';
import type { JobBegin, StatementEvent } from '../../session/statement-event.ts';
import { parseToMistake } from '../../sql/parse.ts';
import type { JobScript } from '../../state/manifest.ts';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { begunLines } from '../begun-lines.ts';
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
import { startStatement } from '../start-statement.ts';
import { addTotals, noTotals, progressOfAll, summaryLine, type Totals } from '../summary-line.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export const formats = ['table', 'jsonl', 'csv', 'changelog'] as const;

export interface RunOptions {
  readonly execute: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly format: (typeof formats)[number];
  /** Rows shown of each answer of `--format table`. */
  readonly rows: number;
  /** Jobs begin without the state that they have. */
  readonly fresh?: boolean;
  /** A savepoint that they begin from. */
  readonly from?: string;
  /** They go on without the state of operators that are no more. */
  readonly allowNonRestoredState?: boolean;
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
  if (options.fresh === true && options.from !== undefined)
    throw new UsageError(
      '--fresh and --from contradict each other',
      'a job begins with no state, or with that of a savepoint',
    );
  return new Runner(
    scripts,
    { ...options, config: { ...options.config, ...recoverySettings(options) } },
    out,
    err,
  ).run();
}

/** The settings that options of the command line stand for. */
export function recoverySettings({
  from,
  allowNonRestoredState,
}: Pick<RunOptions, 'from' | 'allowNonRestoredState'>): Readonly<Record<string, string>> {
  return {
    ...(from === undefined ? {} : { 'execution.state-recovery.path': from }),
    ...(allowNonRestoredState === true ? { 'execution.state-recovery.ignore-unclaimed-state': 'true' } : {}),
  };
}

/** Runs a job again: its script declares what it needs, in the session that it had. */
export function runAgain(
  script: JobScript,
  options: Pick<RunOptions, 'from' | 'allowNonRestoredState'>,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  const { name, folder, statement, settings } = script;
  const source = new SourceText(name ?? folder, statement);
  const rows = Number.POSITIVE_INFINITY;
  return new Runner(
    [{ path: null, source, title: null, isSetup: false }],
    { execute: [], format: 'table', rows, config: { ...settings, ...recoverySettings(options) } },
    out,
    err,
    script,
  ).run();
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

/** A statement that runs; `isBehind`: while those behind it run. */
interface Running {
  readonly isBehind: boolean;
}

class Runner {
  readonly #scripts: readonly ScriptFile[];
  readonly #options: RunOptions;
  readonly #out: Terminal;
  readonly #err: Terminal;
  readonly #writer: AnswerWriter;
  readonly #progress: ProgressLine;
  readonly #hasHeadings: boolean;
  readonly #again: JobScript | null;
  #totals: Totals = noTotals;
  /** Another process has stopped a job that the script waits for: what comes behind it is not run. */
  #isStopped = false;
  /** Or any of its jobs. */
  #wasStopped = false;
  readonly #stop = new AbortController();
  /** Of the statements whose jobs go on behind the script; false: one has failed. */
  readonly #goingOn: Promise<boolean>[] = [];
  /** How far each job is that runs. */
  readonly #running = new Map<object, JobProgress>();

  /** `again`: the job that the script runs again; null: it is a script like any. */
  constructor(
    scripts: readonly ScriptFile[],
    options: RunOptions,
    out: Terminal,
    err: Terminal,
    again: JobScript | null = null,
  ) {
    this.#again = again;
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
    const interrupts = new Interrupts(() => this.#stop.abort());
    try {
      let isDone = true;
      for (const script of this.#scripts) {
        isDone = await this.#runScript(engine, script);
        if (!isDone || this.#isStopped || this.#stop.signal.aborted) break;
      }
      // What was begun by a script that is wrong is not what was meant.
      if (!isDone) this.#stop.abort();
      const areDone = (await Promise.all(this.#goingOn)).every((isOne) => isOne);
      if (interrupts.code !== null && isDone && areDone) return this.#ended('stopped', interrupts.code);
      if (!isDone || !areDone) return this.#ended('failed', exitCode.failed);
      return this.#ended(this.#wasStopped ? 'stopped' : 'done', exitCode.ok);
    } finally {
      interrupts.close();
      engine.close();
    }
  }

  /** Null when a setting of `-c` was refused. */
  #newEngine(): Engine | null {
    try {
      const engine = new Engine({
        startsAnew: this.#options.fresh,
        resumedFolder: this.#again?.folder || undefined,
        keptRowsFolder: defaultStreamsFolder,
        settings: this.#options.config,
        standardOutput: (text) => this.#out.write(text),
        standardError: (text) => this.#err.write(text),
      });
      if (this.#again !== null) engine.declareAgain(this.#again.objects);
      return engine;
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      this.#refuse(thrown.diagnostics);
      return null;
    }
  }

  /** False: the script was refused, or a statement of it has failed. */
  async #runScript(engine: Engine, script: ScriptFile): Promise<boolean> {
    if (this.#hasHeadings && !script.isSetup && script.path !== null) this.#heading(script);
    const { script: read, diagnostics } = parseToMistake(script.source);
    const { signal } = this.#stop;
    for (const statement of read.statements) {
      if (signal.aborted || this.#isStopped) return true;
      const running = { isBehind: false };
      const take = (events: AsyncIterable<StatementEvent>) => this.#follow(events, running);
      const { ended, goesOn } = await startStatement(engine, statement, { signal, take });
      if (goesOn === null && !(await ended)) return false;
      if (goesOn === null) continue;
      running.isBehind = true;
      this.#goingOn.push(ended);
      // A fault of the engine is thrown where all are waited for.
      ended.catch(() => {});
    }
    if (diagnostics.length > 0) this.#refuse(diagnostics);
    return diagnostics.length === 0;
  }

  /** False: it was refused, or has failed. */
  async #follow(events: AsyncIterable<StatementEvent>, running: Running): Promise<boolean> {
    try {
      for await (const event of events) {
        this.#take(event, running);
        await this.#out.drained();
      }
      if (!running.isBehind) this.#writer.end();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      this.#refuse(thrown.diagnostics);
      return false;
    } finally {
      this.#running.delete(running);
      this.#progress.clear();
    }
  }

  #take(event: StatementEvent, running: Running): void {
    if (event.kind === 'progress') {
      this.#running.set(running, event.progress);
      this.#progress.show(progressOfAll([...this.#running.values()]));
      return;
    }
    this.#progress.clear();
    if (event.kind === 'answer') this.#writer.begin(event.header);
    else if (event.kind === 'rows') this.#writer.rows(event.rows);
    else if (event.kind === 'summary') this.#sum(event.summary, running);
    else if (event.kind === 'warnings') this.#show(event.diagnostics);
    else if (event.kind === 'begun') this.#begun(event.begun);
  }

  #sum(summary: JobSummary, { isBehind }: Running): void {
    this.#totals = addTotals(this.#totals, summary);
    if (summary.outcome !== 'stopped') return;
    this.#wasStopped = true;
    if (!isBehind) this.#isStopped = true;
  }

  #begun(begun: JobBegin): void {
    for (const line of begunLines(begun)) this.#err.write(`${this.#err.colors.dim(line)}\n`);
  }

  #refuse(diagnostics: readonly Diagnostic[]): void {
    this.#progress.clear();
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
