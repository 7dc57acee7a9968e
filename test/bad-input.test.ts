import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderDiagnostic } from '../src/diagnostics/render.ts';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import { Memory } from '../src/memory/memory.ts';
import type { JobSummary } from '../src/runtime/job.ts';
import { rowTexts } from '../src/session/result-text.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-bad-input-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  /** Of the last answer. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly summary: JobSummary | null;
  readonly warnings: string;
  /** What a person reads; empty where nothing was refused. */
  readonly refused: string;
}

async function run(sql: string): Promise<Answer> {
  const engine = new Engine({ memory });
  const pictures = (diagnostics: Parameters<typeof renderDiagnostic>[0][]) =>
    diagnostics.map((each) => renderDiagnostic(each, { color: false })).join('\n');
  let rows: (readonly (string | null)[])[] = [];
  let textsOf: ReturnType<typeof rowTexts> = () => [];
  let summary: JobSummary | null = null;
  let warnings = '';
  let refused = '';
  for await (const event of engine.run(new SourceText('q.sql', sql))) {
    if (event.kind === 'answer') {
      rows = [];
      textsOf = rowTexts(event.header);
    } else if (event.kind === 'rows') rows.push(...event.rows.map(textsOf));
    else if (event.kind === 'summary') summary = event.summary;
    else if (event.kind === 'warnings') warnings += pictures([...event.diagnostics]);
    else if (event.kind === 'refused') refused = pictures([...event.diagnostics]);
  }
  engine.close();
  return { rows, summary, warnings, refused };
}

/** Writes a file under the test's folder and gives its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A table `t` over a path. */
function table(columns: string, path: string, format: string, options: Readonly<Record<string, string>> = {}): string {
  const all = { connector: 'filesystem', path, format, ...options };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE t (${columns}) WITH (${list.join(', ')});\n`;
}

const formats = {
  json: { columns: 'a INT, s STRING', line: (a: number | string, s: string) => `{"a":${a},"s":"${s}"}` },
  csv: { columns: 'a INT, s STRING', line: (a: number | string, s: string) => `${a},${s}` },
} as const;

type Name = keyof typeof formats;

const names: Name[] = ['json', 'csv'];

describe.each(names)('%s', (format) => {
  const { columns, line } = formats[format];
  const ignore = { [`${format}.ignore-parse-errors`]: 'true' };
  const read = (path: string, options = {}) => run(`${table(columns, path, format, options)}SELECT a, s FROM t`);

  test('an empty file has no rows', async () => {
    expect(await read(file(`empty.${format}`, ''))).toMatchObject({ rows: [], refused: '', summary: { events: 0 } });
  });

  test('a last line without its end is a row', async () => {
    const { rows } = await read(file(`open.${format}`, `${line(1, 'x')}\n${line(2, 'y')}`));
    expect(rows).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
  });

  test('lines may end in a carriage return and a line feed', async () => {
    const { rows } = await read(file(`crlf.${format}`, `${line(1, 'x')}\r\n${line(2, 'y')}\r\n`));
    expect(rows).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
  });

  test('a byte order mark is no data', async () => {
    const { rows } = await read(file(`bom.${format}`, `\ufeff${line(1, 'x')}\n${line(2, 'y')}\n`));
    expect(rows).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
  });

  test('a line of 10 MB is read whole', async () => {
    const long = file(`long.${format}`, `${line(1, 'x'.repeat(10 << 20))}\n${line(2, 'y')}\n`);
    const { rows } = await run(`${table(columns, long, format)}SELECT a, CHAR_LENGTH(s) FROM t`);
    expect(rows).toEqual([
      ['1', String(10 << 20)],
      ['2', '1'],
    ]);
  });

  test('bytes that are not UTF-8 fail the job at their place', async () => {
    const bytes = Buffer.from(`${line(1, 'x')}\n${line(2, '@')}\n${line(3, 'z')}\n`);
    bytes[bytes.indexOf('@')] = 0xff;
    const path = file(`utf8.${format}`, bytes);
    const at = line(2, '@').indexOf('@') + 1;
    const { refused } = await read(path);
    expect(refused).toContain('error[F010]: invalid UTF-8: byte 0xff');
    expect(refused).toContain(`${path}:2:${at}`);
    expect(refused).toContain(`the record starts at byte ${line(1, 'x').length + 1}`);
    const ignored = await read(path, ignore);
    expect(ignored.rows).toEqual([
      ['1', 'x'],
      ['3', 'z'],
    ]);
    expect(ignored.summary).toMatchObject({ events: 2, malformedRecords: 1 });
  });

  test('a number out of range fails the job; ignored, it is NULL and counted', async () => {
    const path = file(`range.${format}`, `${line(1, 'x')}\n${line('3000000000', 'y')}\n`);
    const { refused, rows } = await read(path);
    expect(rows).toEqual([['1', 'x']]);
    expect(refused).toContain('error[F012]: could not read "a" as INT: 3000000000');
    expect(refused).toContain(`${path}:2:${line('3000000000', 'y').indexOf('3000000000') + 1}`);
    expect(refused).toContain('column a INT, declared at q.sql:1:17');
    expect(refused).toContain(`'${format}.ignore-parse-errors' = 'true'`);
    const ignored = await read(path, ignore);
    expect(ignored.rows).toEqual([
      ['1', 'x'],
      [null, 'y'],
    ]);
    expect(ignored.summary).toMatchObject({ events: 2, malformedRecords: 1 });
  });

  test('each bad row counts once, however many of its fields are bad and however many rows there are', async () => {
    const lines = Array.from({ length: 1000 }, (_, at) => (at % 3 === 0 ? line('"x"', 'y') : line(at, 'y')));
    const path = file(`many.${format}`, `${lines.join('\n')}\n`);
    const twice = 'a INT, s INT';
    const { summary, rows } = await run(`${table(twice, path, format, ignore)}SELECT a, s FROM t`);
    expect(rows.filter(([a]) => a === null).length).toBe(334);
    expect(rows.every(([, s]) => s === null)).toBe(true);
    expect(summary).toMatchObject({ events: 1000, malformedRecords: 1000 });
    expect((await read(path, ignore)).summary).toMatchObject({ events: 1000, malformedRecords: 334 });
  });

  test('rows are counted without reading a column', async () => {
    const path = file(`count.${format}`, `${line(1, 'x')}\n${line(2, 'y')}\n`);
    const sql = `SET 'tidemark.batch-size' = '1'; ${table(columns, path, format)}SELECT COUNT(*) FROM t`;
    expect((await run(sql)).rows.at(-1)).toEqual(['2']);
  });

  test('an option that the format has not gives a warning', async () => {
    const path = file(`option.${format}`, `${line(1, 'x')}\n`);
    const { rows, warnings } = await read(path, { [`${format}.ignore-parse-error`]: 'true' });
    expect(rows).toEqual([['1', 'x']]);
    expect(warnings).toContain(`warning[O001]: format '${format}' has no option "${format}.ignore-parse-error"`);
    expect(warnings).toContain(`did you mean "${format}.ignore-parse-errors"?`);
  });
});

describe('json', () => {
  test('text that is no JSON is shown in one line, whatever is in it', async () => {
    const { refused } = await run(`${table('a INT', file('nul.json', '\0\u0007\n'), 'json')}SELECT a FROM t`);
    expect(refused).toContain('malformed JSON at \\u0000');
  });

  test('the failing file of several is named, with the line in it', async () => {
    file('several/1.json', '{"a":1}\n');
    const bad = file('several/2.json', '{"a":2}\n{"a":}\n');
    const { refused } = await run(`${table('a INT', join(folder, 'several'), 'json')}SELECT a FROM t`);
    expect(refused).toContain(`${bad}:2:6`);
    expect(refused).toContain('the record starts at byte 8');
  });
});

test.each(names)('10,000 columns of %s', async (format) => {
  const columns = Array.from({ length: 10_000 }, (_, at) => `c${at}`);
  const rows = [1, 2].map((row) => columns.map((_, at) => at * row));
  const lines = rows.map((row) =>
    format === 'csv' ? row.join(',') : JSON.stringify(Object.fromEntries(row.map((value, at) => [columns[at], value]))),
  );
  const path = file(`wide.${format}`, `${lines.join('\n')}\n`);
  const answer = await run(`${table(columns.map((name) => `${name} INT`).join(', '), path, format)}SELECT * FROM t`);
  expect(answer).toMatchObject({ refused: '', rows: rows.map((row) => row.map(String)) });
});

describe('csv', () => {
  test('an empty line is a value that is missing', async () => {
    const path = file('blank.csv', '1,x\n\n');
    const { refused } = await run(`${table('a INT, s STRING', path, 'csv')}SELECT a FROM t`);
    expect(refused).toContain('could not read "a" as INT: ""');
    expect(refused).toContain(`${path}:2:1`);
  });
});

describe('raw', () => {
  test('bytes that are not UTF-8 become the replacement character', async () => {
    const path = file('bytes.txt', Buffer.from([0x78, 0xff, 0x0a, 0x0a, 0x79]));
    expect((await run(`${table('s STRING', path, 'raw')}SELECT s FROM t`)).rows).toEqual([['x\ufffd'], [''], ['y']]);
  });

  test('a line of 10 MB is read whole', async () => {
    const path = file('long.txt', 'x'.repeat(10 << 20));
    const { rows } = await run(`${table('s STRING', path, 'raw')}SELECT CHAR_LENGTH(s) FROM t`);
    expect(rows).toEqual([[String(10 << 20)]]);
  });

  test('a line of another length than its number fails the job', async () => {
    const path = file('number.txt', 'abcd\nabc\n');
    const { refused } = await run(`${table('n INT', path, 'raw')}SELECT n FROM t`);
    expect(refused).toContain('error[F012]: could not read "n" as INT, which is 4 bytes a line: abc');
    expect(refused).toContain(`${path}:2:1`);
  });
});

describe('event time', () => {
  const columns = 'ts TIMESTAMP(3), WATERMARK FOR ts AS ts';
  const window = (size: string) => `SELECT window_start, window_end, COUNT(*)
    FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL ${size})) GROUP BY window_start, window_end`;

  test('a NULL fails the job at the row, and points at the watermark', async () => {
    const path = file('null-time.json', '{"ts":"2024-01-01 00:00:00"}\n{"ts":null}\n');
    const { refused } = await run(`${table(columns, path, 'json')}${window("'10' SECOND")}`);
    expect(refused).toContain('error[F001]: the event time is NULL, and each row needs one');
    expect(refused).toContain('q.sql:1:34');
    expect(refused).toContain(`at the row ${path}:2 (byte 29)`);
    expect(refused).toContain('{"ts":null}');
  });

  test('a time in the year 9999 closes what is before it, and makes later rows late', async () => {
    const times = ['2024-01-01 00:00:00', '9999-12-31 23:59:59', '2024-01-01 05:00:00'];
    const path = file('far.json', times.map((at) => `{"ts":"${at}"}\n`).join(''));
    const { rows, summary } = await run(`${table(columns, path, 'json')}${window("'1' HOUR")}`);
    expect(rows).toEqual([
      ['2024-01-01 00:00:00.000', '2024-01-01 01:00:00.000', '1'],
      // The year 10000, in the four digits that Flink's text has.
      ['9999-12-31 23:00:00.000', '0000-01-01 00:00:00.000', '1'],
    ]);
    expect(summary).toMatchObject({ lateRows: 1 });
  });

  test.each(['10000-01-01 00:00:00', '294247-01-10 04:00:54', '2024-02-30T00:00:00', '24-1-1 0:0:0', ''])(
    '"%s" is no time',
    async (at) => {
      const { refused } = await run(
        `${table(columns, file('no-time.json', `{"ts":"${at}"}\n`), 'json')}SELECT ts FROM t`,
      );
      expect(refused).toContain(`error[F012]: could not read "ts" as TIMESTAMP(3): "${at}"`);
    },
  );

  test('milliseconds beyond the calendar have no time', async () => {
    const timed = 'ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts';
    const path = file('ms.json', '{"ms":9223372036854775807}\n');
    const { refused } = await run(`${table(timed, path, 'json')}${window("'10' SECOND")}`);
    expect(refused).toContain('the event time is NULL');
  });

  test('a window of no length is refused before a row is read', async () => {
    const { refused } = await run(`${table(columns, join(folder, 'nowhere'), 'json')}${window("'0' SECOND")}`);
    expect(refused).toContain('error[B022]: the size of a window must be above 0');
    expect(refused).toContain("INTERVAL '0' SECOND");
  });
});

describe('paths', () => {
  const read = (path: string) => run(`${table('a INT', path, 'json')}SELECT a FROM t`);

  test.each(['nowhere.json', 'nowhere/a.json'])('%s that is not there', async (path) => {
    const { refused } = await read(path);
    expect(refused).toContain(`error[F013]: there is no file or folder "${path}"`);
    expect(refused).toContain("'path' = 'nowhere");
    expect(refused).toContain(`relative paths start at ${process.cwd()}`);
  });

  test('a path that goes through a file, and an empty one', async () => {
    const inside = join(file('plain.json', '{"a":1}\n'), 'b');
    expect((await read(inside)).refused).toContain(`there is no file or folder "${inside}"`);
    expect((await read('')).refused).toContain('error[O003]: the path is empty');
  });

  test('folders in the folder are read; hidden files and folders, and those of an underscore, are not', async () => {
    for (const place of ['', 'inner/', '.hidden/', '_temporary/']) {
      file(`tree/${place}a.json`, '{"a":1}\n');
      file(`tree/${place}.b.json`, 'no json\n');
      file(`tree/${place}_SUCCESS`, 'no json\n');
    }
    const { rows, summary } = await read(join(folder, 'tree'));
    expect(rows).toEqual([['1'], ['1']]);
    expect(summary).toMatchObject({ shards: 2 });
  });

  test('an empty folder has no rows', async () => {
    mkdirSync(join(folder, 'hollow'));
    expect(await read(join(folder, 'hollow'))).toMatchObject({ rows: [], refused: '', summary: { shards: 0 } });
  });

  test('a link back to a folder above is not followed; one to nothing is refused', async () => {
    file('linked/a.json', '{"a":1}\n');
    symlinkSync('..', join(folder, 'linked/back'));
    mkdirSync(join(folder, 'circle'));
    file('circle/a.json', '{"a":1}\n');
    symlinkSync('.', join(folder, 'circle/itself'));
    expect((await read(join(folder, 'circle'))).rows).toEqual([['1']]);
    symlinkSync('nothing', join(folder, 'circle/z'));
    expect((await read(join(folder, 'circle'))).refused).toContain(`no file or folder "${join(folder, 'circle/z')}"`);
  });

  test.skipIf(process.platform === 'win32')('a pipe is refused instead of waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect((await read(join(folder, 'pipe'))).refused).toContain('is neither a file nor a folder');
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission', async () => {
    const path = file('secret.json', '{"a":1}\n');
    execFileSync('chmod', ['000', path]);
    expect((await read(path)).refused).toContain(`error[F013]: no permission to read "${path}"`);
  });

  test('a sink needs a folder, or a place for one', async () => {
    const write = (path: string) => run(`${table('a INT', path, 'json')}INSERT INTO t VALUES (1)`);
    const plain = file('plain.txt', '');
    expect((await write(plain)).refused).toContain(`error[F014]: "${plain}" is no folder`);
    expect((await write(join(plain, 'x/y'))).refused).toContain(`"${join(plain, 'x/y')}" is no folder`);
    expect((await write(join(folder, 'new/deep'))).refused).toBe('');
    expect((await read(join(folder, 'new/deep'))).rows).toEqual([['1']]);
  });
});

describe('sinks', () => {
  test.each([
    ['json', 'a INT, s STRING', "(1, 'x'), (CAST(NULL AS INT), 'y,\"z')"],
    ['csv', 'a INT, s STRING', "(1, 'x'), (2, 'y,\"z')"],
    ['raw', 's STRING', "('x'), ('y,\"z'), ('')"],
  ])('what %s writes it reads again', async (format, columns, values) => {
    const insert = `${table(columns, join(folder, `again-${format}`), format)}INSERT INTO t VALUES ${values};`;
    const written = await run(`${insert} SELECT * FROM t`);
    const given = await run(`SELECT * FROM (VALUES ${values})`);
    expect(written).toMatchObject({ rows: given.rows, refused: '' });
  });

  test('a value that the format cannot write fails the job, and leaves no file', async () => {
    const path = join(folder, 'null-raw');
    const { refused } = await run(
      `${table('s STRING', path, 'raw')}INSERT INTO t VALUES ('x'), (CAST(NULL AS STRING))`,
    );
    expect(refused).toContain('error[F015]: raw cannot write NULL: column "s"');
    expect(refused).toContain("'format' = 'raw'");
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('datagen', () => {
  const refusals: [columns: string, options: Readonly<Record<string, string>>, message: string][] = [
    ['a INT', { 'fields.a.kind': 'SEQUENCE' }, '"SEQUENCE" is no value for "fields.a.kind"'],
    ['a INT', { 'fields.a.kind': 'sequence', 'fields.a.start': '1' }, 'needs the option "fields.a.end"'],
    ['a DATE', { 'fields.a.kind': 'sequence', 'fields.a.start': '1' }, 'has no option "fields.a.start"'],
    ['a INT', { 'fields.a.min': '5', 'fields.a.max': '4' }, '"fields.a.min" must be less than "fields.a.max"'],
    ['a BIGINT', { 'fields.a.min': '5', 'fields.a.max': '5' }, '"fields.a.min" must be less than "fields.a.max"'],
    ['a TINYINT', { 'fields.a.max': '300' }, '300 is out of range: the greatest is 127'],
    ['a INT', { 'fields.a.max': 'many' }, 'expected a whole number'],
    ['a STRING', { 'fields.a.length': '0' }, 'the length 0 is not positive'],
    ['a CHAR(3)', { 'fields.a.var-len': 'true' }, 'a CHAR(3) has one length'],
    ['a VARCHAR(3)', { 'fields.a.length': '9' }, '9 is more than VARCHAR(3) can hold'],
    ['a INT NOT NULL', { 'fields.a.null-rate': '0.5' }, 'the field is NOT NULL'],
    ['a INT', { 'fields.b.min': '1' }, 'did you mean "fields.a.min"?'],
    ['a INT', { 'rows-per-second': '0' }, 'expected a whole number of at least 1'],
    ['a INT', { 'scan.parallelism': '0' }, 'expected a whole number of at least 1'],
    ['a TIMESTAMP(3)', { 'fields.a.max-past': '-1 d' }, "a duration such as '5 s'"],
    ['a INT, m STRING METADATA', {}, "unknown metadata key 'm'"],
  ];
  test.each(refusals)('%s with %o', async (columns, options, message) => {
    const list = Object.entries({ connector: 'datagen', ...options }).map(([key, value]) => `'${key}' = '${value}'`);
    const { refused, rows } = await run(`CREATE TABLE g (${columns}) WITH (${list.join(', ')}); SELECT * FROM g`);
    expect(refused).toContain(message);
    expect(refused).toContain('--> q.sql:1:');
    expect(rows).toEqual([]);
  });
});

/** The command, stopped by Ctrl-C when it has said something that matches, or when a folder has a file with bytes. */
function stopped(
  sql: string,
  until: RegExp | string,
  signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), 'run', '-e', sql]);
  let out = '';
  let err = '';
  return new Promise((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      if (until instanceof RegExp && until.test(out)) child.kill(signal);
    });
    child.stderr.on('data', (text: Buffer) => {
      err += text.toString();
    });
    if (typeof until === 'string') {
      const hasBytes = (): boolean =>
        existsSync(until) &&
        readdirSync(until).some((name) => (statSync(join(until, name), { throwIfNoEntry: false })?.size ?? 0) > 0);
      const watch = setInterval(() => {
        if (!hasBytes()) return;
        clearInterval(watch);
        child.kill(signal);
      }, 20);
    }
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('Ctrl-C', () => {
  test('in a long bounded run keeps what was written, in whole lines, and tells how much it was', async () => {
    const path = join(folder, 'stopped');
    const { code, err } = await stopped(
      `CREATE TABLE g (n BIGINT, s STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
         'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000000');
       ${table('n BIGINT, s STRING', path, 'csv')} INSERT INTO t SELECT n, s FROM g; SELECT 'not reached'`,
      path,
    );
    expect(code).toBe(130);
    const lines = readdirSync(path).flatMap((name) => {
      expect(name).toMatch(/^part-/);
      const text = readFileSync(join(path, name), 'utf8');
      expect(text.endsWith('\n')).toBe(true);
      return text.trimEnd().split('\n');
    });
    expect(err).toMatch(/^stopped in /);
    expect(err).toContain(` ${lines.length.toLocaleString('en')} event`);
    for (const [at, line] of lines.entries()) if (!/^\d+,"?[0-9a-f]{100}"?$/.test(line)) expect([at, line]).toBeNull();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('in a growing folder stops at once, by %s with code %d', async (signal, expected) => {
    file('growing/1.json', '{"a":1}\n');
    const { code, out, err } = await stopped(
      `${table('a INT', join(folder, 'growing'), 'json', { 'source.monitor-interval': '50 ms' })}SELECT a FROM t`,
      /1\n/,
      signal,
    );
    expect([code, out]).toEqual([expected, 'a\n-\n1\n']);
    expect(err).toMatch(/^stopped in .* 1 event /);
  });
});
