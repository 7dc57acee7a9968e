import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'src/cli/main.ts');

function tidemark(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const never = `CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000000');
SELECT n FROM ticks;`;

describe('run', () => {
  test('a changelog has a line of columns and a line a row', () => {
    const { status, stdout } = tidemark(
      'run',
      '-e',
      'SELECT 1 + 1 AS two, CAST(NULL AS STRING) AS nothing',
      '--format',
      'changelog',
    );
    expect(lines(stdout)).toEqual([
      '[{"name":"two","type":"INT NOT NULL"},{"name":"nothing","type":"STRING"}]',
      '["+I","2",null]',
    ]);
    expect(status).toBe(0);
  });

  test('a table is aligned, numbers to the right', () => {
    const { stdout, status } = tidemark('run', '-e', "SELECT * FROM (VALUES ('a', 1), ('long', 1000)) AS t(name, n)");
    expect(lines(stdout)).toEqual(['name     n', '----  ----', 'a        1', 'long  1000']);
    expect(status).toBe(0);
  });

  test('an updating result says what happens to its rows', () => {
    const sql = "SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('b'), ('a')) AS t(k) GROUP BY k";
    const { stdout } = tidemark('run', '-e', sql, '-c', 'tidemark.batch-size=1');
    expect(lines(stdout)).toEqual(['op  k  n', '--  -  -', '+I  a  1', '+I  b  1', '-U  a  1', '+U  a  2']);
  });

  test('an answer that is a text is shown as it stands', () => {
    const sql = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen'); SHOW CREATE TABLE t";
    expect(lines(tidemark('run', '-e', sql).stdout)).toEqual([
      'CREATE TABLE `default_catalog`.`default_database`.`t` (',
      '  `a` INT',
      ')',
      'WITH (',
      "  'connector' = 'datagen'",
      ')',
    ]);
  });

  test('jsonl and csv', () => {
    const sql = `SELECT 'say "hi", ok' AS t, CAST(9007199254740993 AS BIGINT) AS n, CAST(NULL AS INT) AS nothing`;
    expect(tidemark('run', '-e', sql, '--format', 'jsonl').stdout).toBe(
      '{"t":"say \\"hi\\", ok","n":9007199254740993,"nothing":null}\n',
    );
    expect(tidemark('run', '-e', sql, '--format', 'csv').stdout).toBe(
      't,n,nothing\n"say ""hi"", ok",9007199254740993,\n',
    );
  });

  test('files and statements run in one session, in their order', () => {
    const setup = file('setup.sql', "CREATE VIEW v AS SELECT 41 AS x;\nSET 'tidemark.batch-size' = '1';");
    const { stdout, status } = tidemark('run', setup, '-e', 'SELECT x + 1 AS y FROM v', '--format', 'csv');
    expect([stdout, status]).toEqual(['y\n42\n', 0]);
  });

  test('--rows shows the first rows and counts the others', () => {
    const { stdout } = tidemark('run', '-e', 'SELECT * FROM (VALUES (1), (2), (3), (4)) AS t(n)', '--rows', '2');
    expect(lines(stdout)).toEqual(['n', '-', '1', '2', '2 more rows']);
  });

  test('an empty script does nothing', () => {
    expect(tidemark('run', file('empty.sql', '-- nothing\n'))).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('a refused statement', () => {
  test('ends the script with its place, a caret and exit code 1', () => {
    const path = file('wrong.sql', 'SELECT 1 AS uno;\nSELECT unno FROM (SELECT 1 AS uno);\nSELECT 2;\n');
    const { status, stdout, stderr } = tidemark('run', path, '--format', 'changelog');
    const [, , refused, ...rest] = lines(stdout);
    expect(JSON.parse(refused ?? '')).toMatchObject({ error: { code: 'B003', line: 2, column: 8 } });
    expect(rest).toEqual([]);
    expect(stderr).toContain('wrong.sql:2:8');
    expect(stderr).toContain('^^^^');
    expect(stderr).toContain('did you mean "uno"?');
    expect(stderr).not.toContain('.ts:');
    expect(status).toBe(1);
  });

  test('may be a setting of the command line', () => {
    const { status, stderr } = tidemark('run', '-e', 'SELECT 1', '-c', 'table.local-time-zone=Mars/Olympus');
    expect(stderr).toContain('"Mars/Olympus" is no time zone');
    expect(status).toBe(1);
  });
});

describe('a wrong command line', () => {
  test.each([
    [['rum'], 'did you mean "run"?'],
    [['run', '--formt', 'csv'], '--format'],
    [['run', '--format', 'xml', '-e', 'SELECT 1'], 'table, jsonl, csv, changelog'],
    [['run'], 'nothing to run'],
    [['run', 'queries/clickstraem'], 'did you mean "clickstream"?'],
    [['run', '-e', 'SELECT 1', '-c', 'novalue'], 'key=value'],
    [['functions', 'uper'], 'did you mean "UPPER"?'],
  ])('%j is told, with exit code 2', (args, text) => {
    const { status, stderr, stdout } = tidemark(...args);
    expect(stderr.toLowerCase()).toContain(text.toLowerCase());
    expect([status, stdout]).toEqual([2, '']);
  });

  test('help and version are no mistakes', () => {
    expect(tidemark('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
    expect(tidemark('run', '--help').stdout).toContain('Examples:');
    expect(tidemark('--help')).toMatchObject({ status: 0 });
    // Without a command, and nothing on standard input.
    expect(tidemark()).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('ends from outside', () => {
  test('Ctrl-C stops a query with its summary so far', async () => {
    const child = spawn(process.execPath, [main, 'run', '-e', never], { cwd: root });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toMatch(/stopped in \d+\.\d+ s {3}[\d,]+ events?/);
    expect(code).toBe(130);
  });

  test('INSERTs without an end run at once, and Ctrl-C stops them all', async () => {
    const script = `CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20');
      CREATE TABLE p1 (a INT) WITH ('connector' = 'print', 'print-identifier' = 'one');
      CREATE TABLE p2 (a INT) WITH ('connector' = 'print', 'print-identifier' = 'two');
      INSERT INTO p1 SELECT a FROM g;
      INSERT INTO p2 SELECT a FROM g;`;
    const child = spawn(process.execPath, [main, 'run', '-e', script], { cwd: root });
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('one> ') && stdout.includes('two> ')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toMatch(/^stopped in .* events/);
    expect(code).toBe(130);
  });

  test('a mistake behind an INSERT without an end stops it', () => {
    const { status, stderr } = tidemark(
      'run',
      '-e',
      `CREATE TABLE g (a INT) WITH ('connector' = 'datagen');
      CREATE TABLE p1 (a INT) WITH ('connector' = 'blackhole');
      INSERT INTO p1 SELECT a FROM g; SELECT b FROM g`,
    );
    expect(stderr).toContain('unknown column "b"');
    expect(status).toBe(1);
  });

  test('a reader that reads no more ends it quietly', async () => {
    const child = spawn(process.execPath, [main, 'run', '--format', 'csv', '-e', never], { cwd: root });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('explain', () => {
  const setup = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen'); SELECT a + 1 AS b FROM t";

  test('shows each stage, or one', () => {
    expect(tidemark('explain', '-e', setup).stdout.match(/^== .* ==$/gm)).toEqual([
      '== Abstract Syntax Tree ==',
      '== Logical Plan ==',
      '== Physical Plan ==',
    ]);
    expect(lines(tidemark('explain', '-e', setup, '--stage', 'ast').stdout)).toEqual([
      '== Abstract Syntax Tree ==',
      'SELECT a + 1 AS b FROM t',
    ]);
  });

  test('shows the emitted code on request', () => {
    const { stdout, status } = tidemark('explain', '-e', setup, '--stage', 'code');
    expect(status).toBe(0);
    expect(stdout).toContain(';; collect-1\n(func $process (param i32) (result i32)');
    expect(stdout).toMatch(/i32\.const 1\n +i32\.add/);
  });
});

describe('functions', () => {
  test('lists all, and tells what one does', () => {
    const { stdout, status } = tidemark('functions');
    expect(stdout).toContain('UPPER');
    expect(status).toBe(0);
    expect(tidemark('functions', 'split_index').stdout).toMatch(/^SPLIT_INDEX {3}/);
  });
});
