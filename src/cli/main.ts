import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../diagnostics/candidates.ts';
import { examples } from './examples.ts';
import { exitCode } from './exit-codes.ts';
import { addJobCommands } from './jobs-program.ts';
import { addStreamCommands } from './stream-program.ts';
import { endQuietlyWhenUnread, terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

const out = terminal(process.stdout);
const err = terminal(process.stderr);
endQuietlyWhenUnread(process.stdout);
endQuietlyWhenUnread(process.stderr);

process.exitCode = await main(process.argv);

/** The code to exit with. What a command needs is loaded when the command is known. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.ok;
  const program = newProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (thrown instanceof UsageError) {
      err.write(`error: ${thrown.message}\n${thrown.help === undefined ? '' : `(${thrown.help})\n`}`);
      return exitCode.usage;
    }
    throw thrown;
  }
}

function newProgram(ended: (code: number) => void): Command {
  const program = new Command('tidemark')
    .description(
      `Streaming SQL in one process: the SQL of Apache Flink 2.2, compiled to WebAssembly.
Without a command: the prompt, or the script that comes on standard input. Both take -c, the script takes -f as well.`,
    )
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
    .addHelpText('after', examples.program);

  program
    .command('prompt', { isDefault: true, hidden: true })
    .argument('[COMMAND]')
    .addOption(configOption())
    .addOption(formatOption())
    .exitOverride()
    .action(async (word: string | undefined, options) => {
      if (word !== undefined) {
        const names = program.commands.map((command) => command.name()).filter((name) => name !== 'prompt');
        throw new UsageError(`unknown command "${word}"`, didYouMean(word, names) ?? 'tidemark --help lists them');
      }
      if (process.stdin.isTTY && out.isTerminal && process.env.TERM !== 'dumb') {
        const { prompt } = await import('./prompt/prompt.ts');
        ended(await prompt(options, out, err));
      } else {
        const { runInput } = await import('./commands/run.ts');
        if (process.stdin.isTTY)
          err.write(
            'no prompt, as the output is no terminal that can be drawn on: SQL is read up to ctrl-d, and then run\n',
          );
        ended(await runInput(options, out, err));
      }
    });

  program
    .command('run')
    .description('run scripts, one after the other in one session')
    .argument('[FILE|FOLDER...]', "SQL files; a folder's setup.sql runs first, then its other .sql files by name")
    .addOption(executeOption())
    .addOption(configOption())
    .addOption(formatOption())
    .addOption(
      new Option('--rows <n>', 'show at most so many rows of each table')
        .argParser(rowCount)
        .default(Number.POSITIVE_INFINITY, 'all'),
    )
    .option('--from <path>', 'jobs begin from a savepoint, or from a checkpoint that was kept')
    .option('--fresh', 'jobs begin without the state that they have: it is put aside')
    .option('--allow-non-restored-state', 'jobs go on without the state of operators that are no more')
    .addHelpText('after', examples.run)
    .exitOverride()
    .action(async (paths: string[], options) => {
      const { run } = await import('./commands/run.ts');
      ended(await run(paths, options, out, err));
    });

  program
    .command('explain')
    .description('show how queries would run, without running them')
    .argument('[FILE|FOLDER...]', 'SQL files')
    .addOption(executeOption())
    .addOption(configOption())
    .addOption(new Option('-s, --stage <stage>', 'one stage only').choices(['ast', 'logical', 'physical', 'code']))
    .addHelpText('after', examples.explain)
    .exitOverride()
    .action(async (paths: string[], options) => {
      const { explain } = await import('./commands/explain.ts');
      ended(await explain(paths, options, out, err));
    });

  program
    .command('functions')
    .description('list the built-in functions, or describe one')
    .argument('[NAME]', 'a function')
    .addHelpText('after', examples.functions)
    .exitOverride()
    .action(async (name: string | undefined) => {
      const { functions } = await import('./commands/functions.ts');
      ended(functions(name, out));
    });
  addStreamCommands(program, out, err, ended);
  addJobCommands(program, out, err, ended);
  return program;
}

function executeOption(): Option {
  return new Option('-e, --execute <sql>', 'statements to run, after the files; may be given several times')
    .argParser((text: string, before: readonly string[]) => [...before, text])
    .default([], 'none');
}

function configOption(): Option {
  return new Option('-c, --config <key=value>', 'a setting, as by SET; may be given several times')
    .argParser((text: string, before: Readonly<Record<string, string>>) => {
      const at = text.indexOf('=');
      if (at < 1) throw new InvalidArgumentError('expected key=value.');
      return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
    })
    .default({}, 'none');
}

function formatOption(): Option {
  return new Option('-f, --format <format>', 'how answers are written')
    .choices(['table', 'jsonl', 'csv', 'changelog'])
    .default('table');
}

function rowCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a number of rows.');
  return Number(text);
}
