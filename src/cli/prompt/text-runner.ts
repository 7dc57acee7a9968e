import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { SourceText } from '../../diagnostics/source-text.ts';
import type { Engine } from '../../engine.ts';
import type { StatementEvent } from '../../session/statement-event.ts';
import type { ClientCommand, Statement } from '../../sql/ast.ts';
import { parseToMistake } from '../../sql/parse.ts';
import { describeFunction } from '../commands/functions.ts';
import { exitCode } from '../exit-codes.ts';
import { scriptFiles } from '../script-files.ts';
import { startStatement } from '../start-statement.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { helpText } from './help-text.ts';
import type { Key, Keyboard } from './keyboard.ts';
import type { ScreenRegion } from './screen-region.ts';
import { StatementView } from './statement-view.ts';

/** Scripts that run each other; deeper, they run in a circle. */
const depthMax = 20;
/** A statement that has not stopped after so long may be left with another Ctrl-C. */
const stopPatienceMs = 2000;

export interface RunnerParts {
  readonly engine: Engine;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly region: ScreenRegion;
  readonly keyboard: Keyboard;
}

/** `ended`: what was to run behind it does not. */
type Outcome = 'done' | 'ended' | 'left';

/** Runs what is entered: statements one after the other, and the words of the prompt among them. */
export class TextRunner {
  readonly #parts: RunnerParts;
  /** When the statement that runs was asked to stop. */
  #stoppedAtMs = 0;
  /** Jobs that go on behind the prompt. */
  readonly #goingOn = new Set<Promise<Outcome>>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** `left`: the user wants to leave. */
  async run(text: string): Promise<'done' | 'left'> {
    const name = /^\s*help\s+([\w.]+)\s*;?\s*$/i.exec(text)?.[1];
    if (name !== undefined) {
      this.#guarded(() => describeFunction(name, this.#parts.out));
      return 'done';
    }
    const outcome = await this.#script(new SourceText('prompt', text), 0);
    return outcome === 'left' ? 'left' : 'done';
  }

  /** Waits for the jobs that go on, which the engine was told to stop. */
  async rest(): Promise<void> {
    await Promise.all(this.#goingOn);
  }

  async #script(source: SourceText, depth: number): Promise<Outcome> {
    const { script, diagnostics } = parseToMistake(source);
    for (const statement of script.statements) {
      const outcome =
        statement.kind === 'clientCommand' ? await this.#command(statement, depth) : await this.#execute(statement);
      if (outcome !== 'done') return outcome;
    }
    if (diagnostics.length === 0) return 'done';
    this.#view().refused(diagnostics);
    return 'ended';
  }

  async #command({ command, argument }: ClientCommand, depth: number): Promise<Outcome> {
    const { out, region } = this.#parts;
    switch (command) {
      case 'QUIT':
      case 'EXIT':
        return 'left';
      case 'CLEAR':
        out.write('\u001b[H\u001b[2J');
        region.forget();
        return 'done';
      case 'HELP':
        out.write(helpText);
        return 'done';
      case 'SOURCE':
        return this.#source(argument?.value ?? '', depth);
    }
  }

  async #source(path: string, depth: number): Promise<Outcome> {
    const scripts = this.#guarded(() => {
      if (depth === depthMax) throw new UsageError(`more than ${depthMax} scripts that run each other`);
      return scriptFiles([path], []);
    });
    if (scripts === null) return 'ended';
    for (const script of scripts) {
      const outcome = await this.#script(script.source, depth + 1);
      if (outcome !== 'done') return outcome;
    }
    return 'done';
  }

  /** What cannot be done is told, and null. */
  #guarded<T>(work: () => T): T | null {
    const { err } = this.#parts;
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      const help = thrown instanceof UsageError && thrown.help !== undefined ? ` (${thrown.help})` : '';
      err.write(`${err.colors.red('error')}: ${thrown.message}${help}\n`);
      return null;
    }
  }

  /** Until it has ended; an INSERT that reads without end goes on behind the prompt, as Flink's client has it. */
  async #execute(statement: Statement): Promise<Outcome> {
    const { engine, keyboard } = this.#parts;
    const stop = new AbortController();
    const view = this.#view();
    keyboard.read((key) => this.#pressWhileRunning(key, stop, view));
    const onInterrupt = (): void => this.#stop(stop, view);
    process.on('SIGINT', onInterrupt);
    try {
      const { ended, goesOn } = await startStatement(engine, statement, {
        signal: stop.signal,
        onJob: (job) => view.watch(job),
        take: (events) => this.#follow(view, events, stop.signal),
      });
      if (goesOn === null) return await ended;
      view.leave(goesOn);
      this.#goingOn.add(ended);
      void ended.finally(() => this.#goingOn.delete(ended));
      return 'done';
    } finally {
      process.off('SIGINT', onInterrupt);
      keyboard.read(null);
    }
  }

  async #follow(view: StatementView, events: AsyncIterable<StatementEvent>, signal: AbortSignal): Promise<Outcome> {
    const { out, err } = this.#parts;
    try {
      for await (const event of events) {
        view.take(event);
        await out.drained();
      }
      view.end();
      return signal.aborted ? 'ended' : 'done';
    } catch (thrown) {
      if (thrown instanceof DiagnosticError) view.refused(thrown.diagnostics);
      else {
        // A fault of the engine itself ends the statement, not the session.
        view.refused([]);
        err.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
      }
      return 'ended';
    }
  }

  #pressWhileRunning(key: Key, stop: AbortController, view: StatementView): void {
    if (key.ctrl && key.name === 'c') this.#stop(stop, view);
    else this.#parts.keyboard.keep(key);
  }

  #stop(stop: AbortController, view: StatementView): void {
    // What was typed ahead was not meant for what comes now.
    this.#parts.keyboard.flush();
    if (!stop.signal.aborted) {
      this.#stoppedAtMs = performance.now();
      view.stopping();
      stop.abort();
    } else if (performance.now() - this.#stoppedAtMs > stopPatienceMs) process.exit(exitCode.interrupted);
  }

  #view(): StatementView {
    const { out, err, region, engine } = this.#parts;
    return new StatementView(out, err, region, engine.session.settings);
  }
}
