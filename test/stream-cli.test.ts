import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-stream-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In the folder, whose streams are those of `.tidemark/streams`. */
function tidemark(args: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
}

function stream(text: string, input?: string) {
  return tidemark(['stream', ...text.split(' ')], input);
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder });
}

/** Resolves when an output has said so. */
function said({ stdout }: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code));
  });
}

function table(name: string, options = ''): string {
  return `CREATE TABLE ${name} (id STRING, n INT) WITH ('connector' = 'kinesis', 'format' = 'json',
    'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/${name}', 'source.init.position' = 'TRIM_HORIZON'${options});`;
}

const bounded = ", 'source.end.position' = 'LATEST'";
const lines = Array.from({ length: 1200 }, (_, n) => `{"id":"user ${n % 20}","n":${n}}`);

// Many processes, each of which starts in a second when the machine is busy.
describe('tidemark stream', { timeout: 90_000 }, () => {
  test('from a file through SQL into another stream', () => {
    expect(stream('create clicks --shards 3')).toMatchObject({ status: 0, stderr: '' });
    expect(stream('create sums').status).toBe(0);
    expect(stream('list').stdout).toBe('clicks\nsums\n');
    writeFileSync(join(folder, 'clicks.ndjson'), `${lines.join('\n')}\n\n`);
    expect(stream('put clicks clicks.ndjson --partition-key id')).toEqual({
      status: 0,
      stdout: 'put 1,200 records to clicks\n',
      stderr: '',
    });
    const insert = 'INSERT INTO sums SELECT id, SUM(n) FROM clicks GROUP BY id;';
    const appending = 'INSERT INTO sums SELECT id, n FROM clicks WHERE n >= 1190;';
    const refused = tidemark(['run', '-e', `${table('clicks', bounded)}${table('sums')}${insert}`]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('takes inserts only')]);
    expect(tidemark(['run', '-e', `${table('clicks', bounded)}${table('sums')}${appending}`]).status).toBe(0);
    const read = stream('read sums').stdout.trimEnd().split('\n');
    expect(read.toSorted()).toEqual(lines.slice(1190).toSorted());
    const counted = tidemark([
      'run',
      '--format',
      'csv',
      '-e',
      `${table('clicks', bounded)} SELECT COUNT(*) AS c FROM clicks;`,
      '-c',
      'tidemark.batch-size=100000',
    ]);
    expect(counted.stdout.trim().split('\n').at(-1)).toBe('+U,1200');
  });

  test('a split and a merge, before which all is read first', () => {
    stream('create parts --shards 2');
    stream('put parts -k id', lines.slice(0, 10).join('\n'));
    expect(stream('split parts 0').stdout).toBe(
      'split shardId-000000000000 into shardId-000000000002 and shardId-000000000003\n',
    );
    stream('put parts -k id', lines.slice(10, 20).join('\n'));
    expect(stream('merge parts shardId-3 1').stdout).toBe(
      'merged shardId-000000000003 and shardId-000000000001 into shardId-000000000004\n',
    );
    stream('put parts -k id', lines.slice(20, 40).join('\n'));
    const described = stream('describe parts').stdout;
    expect(described).toContain('2 open shards');
    expect(described).toMatch(/shardId-000000000004 +open .* shardId-000000000003 shardId-000000000001/);
    const records = stream('read parts --format json')
      .stdout.trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { partitionKey: string; data: string; sequenceNumber: string; shardId: string },
      );
    expect(records).toHaveLength(40);
    // Of one key in the order of its putting.
    const ofUser = records.filter(({ partitionKey }) => partitionKey === 'user 3').map(({ data }) => data);
    expect(ofUser).toEqual([lines[3], lines[23]]);
    const { sequenceNumber = '', shardId = '' } = records[2] ?? {};
    const from = stream(`read parts --shard ${shardId} --from ${sequenceNumber} -n 1`).stdout;
    expect(from).toBe(`${records[2]?.data}\n`);
    expect(stream('delete parts').stdout).toBe('deleted stream parts\n');
    expect(stream('describe parts')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no stream "parts"'),
    });
  });

  test('a mistake is told with its help and exit code', () => {
    stream('create told');
    expect(stream('create told')).toMatchObject({ status: 1, stderr: 'error: there is a stream "told" already\n' });
    expect(stream('put told nowhere.ndjson')).toMatchObject({
      status: 2,
      stderr: 'error: there is no file "nowhere.ndjson"\n',
    });
    const noField = stream('put told -k id', '{"id":"a"}\n{"no":1}\n');
    expect([noField.status, noField.stderr]).toEqual([1, expect.stringContaining('error: line 2 has no field "id"')]);
    expect(stream('split told 7')).toMatchObject({
      status: 1,
      stderr: 'error: stream "told" has no shardId-000000000007\n',
    });
    expect(stream('read told --from yesterday')).toMatchObject({ status: 2 });
    expect(stream('create told --shards many')).toMatchObject({ status: 2 });
    expect(tidemark(['stream', 'put', '--help']).stdout).toContain('Examples:');
    const wrong = tidemark(['run', '-e', `${table('nosuch')} SELECT * FROM nosuch;`]);
    expect(wrong.stderr).toContain('there is no stream "nosuch"');
    expect(wrong.stderr).toContain('tidemark stream create nosuch');
  });

  test('a query in one process follows what another puts, splits, and puts again', async () => {
    stream('create live');
    const query = start('run', '--format', 'csv', '-e', `${table('live')} SELECT n FROM live;`);
    const first = said(query, /\n1\n/);
    // Rows of the two new shards come in any order.
    const last = said(query, /^(?=[\s\S]*\n2\n)(?=[\s\S]*\n3\n)(?=[\s\S]*\n4\n)[\s\S]*\n5\n/);
    stream('put live -k id', lines.slice(0, 2).join('\n'));
    await first;
    stream('split live 0');
    stream('put live -k id', lines.slice(2, 6).join('\n'));
    const text = await last;
    query.kill('SIGINT');
    expect(await ended(query)).toBe(130);
    expect(text.trim().split('\n').toSorted()).toEqual(['0', '1', '2', '3', '4', '5', 'n']);
  });

  test('one process writes at a time; what a killed one leaves is taken over, and Ctrl-C stops after what is on its way', async () => {
    stream('create one');
    const follower = start('stream', 'read', 'one', '--follow');
    const writer = start('stream', 'put', 'one', '-k', 'id');
    const came = said(follower, /"n":0/);
    writer.stdin?.write(`${lines[0]}\n`);
    await came;
    expect(stream('put one -k id', `${lines[1]}\n`)).toMatchObject({
      status: 1,
      stderr: `error: stream "one" is being written by process ${writer.pid}\n(one process writes a stream; others may read it meanwhile)\n`,
    });
    writer.kill('SIGKILL');
    await ended(writer);
    expect(stream('put one -k id', `${lines[1]}\n`).status).toBe(0);

    const stopped = start('stream', 'put', 'one', '-k', 'id');
    const told = said(stopped, /put/);
    const cameToo = said(follower, /"n":2}/);
    stopped.stdin?.write(`${lines[2]}\n`);
    await cameToo;
    stopped.kill('SIGINT');
    expect(await told).toBe('stopped: put 1 record to one\n');
    expect(await ended(stopped)).toBe(130);
    follower.kill('SIGINT');
    expect(await ended(follower)).toBe(130);
    expect(stream('read one').stdout).toBe(`${lines.slice(0, 3).join('\n')}\n`);
  });
});
