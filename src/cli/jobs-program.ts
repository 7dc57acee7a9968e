import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultJobsFolder } from '../streams/default-folder.ts';
import { examples } from './examples.ts';
import type { Terminal } from './terminal.ts';

/** `tidemark jobs`: the jobs that have state, from the command line. */
export function addJobCommands(program: Command, out: Terminal, err: Terminal, ended: (code: number) => void): void {
  const jobs = program
    .command('jobs')
    .description('list, inspect, stop, copy, resume and drop jobs that make checkpoints')
    .helpCommand(false)
    .addHelpText('after', examples.jobs)
    .exitOverride();

  const command = (text: string, description: string, help: keyof typeof examples): Command =>
    jobs
      .command(text)
      .description(description)
      .addOption(
        new Option('--dir <folder>', "the folder of the jobs: 'execution.checkpointing.dir'").default(
          defaultJobsFolder,
        ),
      )
      .addHelpText('after', examples[help])
      .exitOverride();

  command('list', 'list the jobs that run, or can go on', 'jobsList')
    .option('--json', 'a JSON object a job')
    .action(async (options) => {
      const { list } = await import('./commands/jobs.ts');
      ended(list(options, out));
    });

  command('inspect', 'show what a job keeps, and read all of its files', 'jobsInspect')
    .argument('NAME', 'the job, as list calls it')
    .option('--json', 'as JSON')
    .action(async (name: string, options) => {
      const { inspect } = await import('./commands/jobs-inspect.ts');
      ended(inspect(name, options, out, err));
    });

  command('stop', 'stop a job that runs in another process, with a last checkpoint', 'jobsStop')
    .argument('NAME', 'the job, as list calls it')
    .option('--savepoint [path]', 'copy its state into a folder that nothing cleans: .tidemark/savepoints, or this one')
    .option('--drain', 'close all windows first: rows that come later are late')
    .addOption(new Option('--timeout <seconds>', 'how long to wait for it').argParser(whole).default(60))
    .action(async (name: string, options) => {
      const { stop } = await import('./commands/jobs-stop.ts');
      ended(await stop(name, options, out, err));
    });

  command('savepoint', 'copy the state of a job into a folder that nothing cleans, while it goes on', 'jobsSavepoint')
    .argument('NAME', 'the job, as list calls it')
    .argument('[PATH]', 'the folder; without it a new one in .tidemark/savepoints')
    .addOption(new Option('--timeout <seconds>', 'how long to wait for it').argParser(whole).default(60))
    .action(async (name: string, path: string | undefined, options) => {
      const { savepoint } = await import('./commands/jobs-savepoint.ts');
      ended(await savepoint(name, path ?? null, options, out, err));
    });

  command('resume', 'run a job again from its state, as it ran before', 'jobsResume')
    .argument('NAME', 'the job, as list calls it')
    .option('--from <path>', 'from a savepoint; NAME may then be another, under which the job goes on')
    .option('--allow-non-restored-state', 'without the state of operators that are no more')
    .action(async (name: string, options) => {
      const { resume } = await import('./commands/jobs-resume.ts');
      ended(await resume(name, options, out, err));
    });

  command('drop', 'delete the state of a job: it then starts anew', 'jobsDrop')
    .argument('NAME', 'the job, as list calls it')
    .option('-y, --yes', 'without a question')
    .action(async (name: string, options) => {
      const { drop } = await import('./commands/jobs.ts');
      ended(await drop(name, options, out, err));
    });
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}
