import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/render.ts';
import { Engine } from '../../engine.ts';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { complete } from './completion/complete.ts';
import { Editor } from './editor.ts';
import { History, historyFile } from './history.ts';
import { Keyboard } from './keyboard.ts';
import { ScreenRegion } from './screen-region.ts';
import { machineSurroundings } from './surroundings.ts';
import { TextRunner } from './text-runner.ts';

export interface PromptOptions {
  readonly config: Readonly<Record<string, string>>;
}

/** `tidemark` on a terminal: reads statements and runs them, until the user leaves; the code to exit with. */
export async function prompt(options: PromptOptions, out: Terminal, err: Terminal): Promise<number> {
  const region = new ScreenRegion(out);
  const engine = newEngine(options, region, err);
  if (engine === null) return exitCode.failed;
  const keyboard = new Keyboard(process.stdin, out);
  const history = new History(historyFile(process.env));
  const editor = new Editor({
    out,
    keyboard,
    region,
    history,
    complete: (text, cursor) => complete(text, cursor, engine.session, machineSurroundings),
  });
  const runner = new TextRunner({ engine, out, err, region, keyboard });
  const onTerminate = (): void => {
    keyboard.close();
    process.exit(exitCode.terminated);
  };
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  // From the keyboard it comes as a key; sent from elsewhere it stops what runs, and not the prompt.
  const onInterrupt = (): void => {};
  process.on('SIGINT', onInterrupt);
  process.on('exit', () => keyboard.close());
  keyboard.open();
  out.write(`${out.colors.dim(`tidemark ${version}   help, or ctrl-d to leave`)}\n`);
  try {
    for (;;) {
      const problem = history.takeProblem();
      if (problem !== null) out.write(`${out.colors.dim(`the history is not kept: ${problem}`)}\n`);
      const text = await editor.read();
      if (text === null || (await runner.run(text)) === 'left') return exitCode.ok;
    }
  } finally {
    process.off('SIGTERM', onTerminate);
    process.off('SIGHUP', onTerminate);
    process.off('SIGINT', onInterrupt);
    keyboard.close();
    engine.close();
    await runner.rest();
  }
}

/** Null when a setting of `-c` was refused. */
function newEngine({ config }: PromptOptions, region: ScreenRegion, err: Terminal): Engine | null {
  try {
    // What `print` writes goes above what is drawn in place.
    const write = (text: string): void => region.writeAbove(text);
    return new Engine({
      keptRowsFolder: defaultStreamsFolder,
      settings: config,
      standardOutput: write,
      standardError: write,
    });
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    const { isColorSupported } = err.colors;
    for (const diagnostic of thrown.diagnostics)
      err.write(`${renderDiagnostic(diagnostic, { color: isColorSupported })}\n`);
    return null;
  }
}
