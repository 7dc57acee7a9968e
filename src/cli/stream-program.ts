import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultStreamsFolder } from '../streams/default-folder.ts';
import { examples } from './examples.ts';
import type { Terminal } from './terminal.ts';

/** `tidemark stream`: the embedded streams from the command line. */
export function addStreamCommands(program: Command, out: Terminal, err: Terminal, ended: (code: number) => void): void {
  const stream = program
    .command('stream')
    .description('create, feed, read and reshard embedded streams')
    .helpCommand(false)
    .addHelpText('after', examples.stream)
    .exitOverride();

  const command = (text: string, description: string, help: keyof typeof examples): Command =>
    stream
      .command(text)
      .description(description)
      .addOption(new Option('--endpoint <folder>', 'the folder of the streams').default(defaultStreamsFolder))
      .addHelpText('after', examples[help])
      .exitOverride();
  const streams = () => import('./commands/stream.ts');

  command('create', 'create a stream', 'streamCreate')
    .argument('NAME', 'its name')
    .addOption(new Option('-s, --shards <n>', 'shards to begin with').argParser(whole).default(1))
    .addOption(new Option('--retention <hours>', 'how long records are kept').argParser(whole).default(24))
    .action(async (name: string, options) => ended(await (await streams()).create(name, options, out, err)));

  command('list', 'list the streams', 'streamList').action(async (options) =>
    ended(await (await streams()).list(options, out, err)),
  );

  command('describe', 'show a stream and its shards', 'streamDescribe')
    .argument('NAME', 'the stream')
    .action(async (name: string, options) => ended(await (await streams()).describe(name, options, out, err)));

  command('put', 'put the lines of a file, or of standard input, as records', 'streamPut')
    .argument('NAME', 'the stream')
    .argument('[FILE]', 'a file of lines; left out, or -: standard input')
    .option('-k, --partition-key <field>', 'the JSON field that is the partition key; without it keys are random')
    .addOption(
      new Option('--durability <when>', 'when a record counts as put: on the disk, or taken by the operating system')
        .choices(['disk', 'system'])
        .default('disk'),
    )
    .action(async (name: string, file: string | undefined, options) => {
      const { put } = await import('./commands/stream-put.ts');
      ended(await put(name, file ?? '-', options, out, err));
    });

  command('read', 'write the records to standard output, a line each', 'streamRead')
    .argument('NAME', 'the stream')
    .option('--shard <id>', 'one shard only')
    .addOption(
      new Option(
        '--from <position>',
        'where to begin: TRIM_HORIZON, LATEST, a time, or a sequence number (with --shard)',
      ).default('TRIM_HORIZON'),
    )
    .option('--follow', 'go on with what comes')
    .addOption(
      new Option('-n, --limit <n>', 'end after so many records')
        .argParser(whole)
        .default(Number.POSITIVE_INFINITY, 'none'),
    )
    .addOption(
      new Option('-f, --format <format>', 'the data alone, or a JSON object with all of the record')
        .choices(['data', 'json'])
        .default('data'),
    )
    .action(async (name: string, options) => {
      const { read } = await import('./commands/stream-read.ts');
      ended(await read(name, options, out, err));
    });

  command('split', 'split a shard in two', 'streamSplit')
    .argument('NAME', 'the stream')
    .argument('SHARD', 'the shard: shardId-000000000001, or 1')
    .option('--at <hash-key>', "the second child's first hash key; without it the middle")
    .action(async (name: string, shard: string, options) =>
      ended(await (await streams()).split(name, shard, options, out, err)),
    );

  command('merge', 'merge two adjacent shards', 'streamMerge')
    .argument('NAME', 'the stream')
    .argument('SHARD', 'a shard')
    .argument('ADJACENT', 'the one beside it')
    .action(async (name: string, shard: string, adjacent: string, options) =>
      ended(await (await streams()).merge(name, [shard, adjacent], options, out, err)),
    );

  command('delete', 'delete a stream with all its records', 'streamDelete')
    .argument('NAME', 'the stream')
    .action(async (name: string, options) => ended(await (await streams()).remove(name, options, out, err)));
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}
