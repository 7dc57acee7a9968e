import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys, PseudoTerminal } from './support/terminal/pseudo-terminal.ts';
import { root } from './support/tidy/source-files.ts';

const main = join(root, 'src/cli/main.ts');
let folder = '';
let history = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-prompt-'));
  history = join(folder, 'history');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (...args: string[]): PseudoTerminal =>
  new PseudoTerminal(process.execPath, [main, ...args], {
    cwd: folder,
    columns: 80,
    rows: 24,
    environment: { TIDEMARK_HISTORY: history },
  });

/** One session, as a person would have it: each test goes on where the one before has left it. */
describe('the prompt', () => {
  let screen: PseudoTerminal;
  beforeAll(async () => {
    screen = start('-c', 'tidemark.batch-size=1');
    await screen.untilLast('tidemark>');
  });
  afterAll(() => screen.close());

  /** Types a line, and gives the screen from its echo on, when the prompt is there again. */
  const enter = async (line: string): Promise<string[]> => {
    screen.type('\u000c');
    await screen.until((lines) => lines.length === 1);
    screen.type(`${line}${keys.enter}`);
    const lines = await screen.until((all) => all.length > 1 && all.at(-1) === 'tidemark>');
    return lines.slice(0, -1);
  };

  test('a statement goes on until its semicolon, in colours, and is timed', async () => {
    screen.type(`SELECT 'a' AS name,${keys.enter}`);
    await screen.untilLast('       ->');
    screen.type(`  1 + 1 AS n;${keys.enter}`);
    const lines = await screen.until((all) => all.length > 5 && all.at(-1) === 'tidemark>');
    expect(lines.slice(1, -2)).toEqual([
      "tidemark> SELECT 'a' AS name,",
      '       ->   1 + 1 AS n;',
      '┌──────┬───┐',
      '│ name │ n │',
      '├──────┼───┤',
      '│ a    │ 2 │',
      '└──────┴───┘',
    ]);
    expect(lines.at(-2)).toMatch(/^1 row {3}\d+\.\d\d s$/);
    // The text is green.
    expect(screen.written).toContain("\u001b[32m'a'\u001b[39m");
  });

  test('a mistake in a statement of several lines is drawn, and ends what was pasted behind it', async () => {
    screen.type('\u000c');
    await screen.until((lines) => lines.length === 1);
    screen.paste("CREATE VIEW v AS SELECT 1 AS uno;\r\nSELECT uno,\r\n  unno FROM v;\r\nSELECT 'never';\r\n");
    await screen.untilLast("       -> SELECT 'never';");
    screen.type(keys.enter);
    const lines = await screen.until((all) => all.length > 5 && all.at(-1) === 'tidemark>');
    expect(lines.slice(4, -1).map((line) => line.replace(/\d+\.\d\d s/, 'N s'))).toEqual([
      'ok   N s',
      'error[B003]: unknown column "unno"',
      '  --> prompt:3:3',
      '   |',
      ' 3 |   unno FROM v;',
      '   |   ^^^^ did you mean "uno"?',
      '   = v has: uno INT NOT NULL',
    ]);
  });

  test('Tab completes what can stand there', async () => {
    screen.type('\u000c');
    await screen.until((lines) => lines.length === 1);
    screen.type(`sel${keys.tab}`);
    await screen.untilLast('tidemark> select');
    screen.type(`u${keys.tab}`);
    await screen.until((lines) => lines.join(' ').includes('uno') && lines.join(' ').includes('upper('));
    screen.type(`no${keys.tab} from ${keys.tab}`);
    await screen.until((lines) => lines[0] === 'tidemark> select uno from' && (lines[1] ?? '').startsWith('v '));
    screen.type(`v;${keys.enter}`);
    const lines = await screen.until((all) => all.length > 5 && all.at(-1) === 'tidemark>');
    expect(lines[0]).toBe('tidemark> select uno from v;');
    expect(lines.slice(2, 5)).toEqual(['│ uno │', '├─────┤', '│   1 │']);
  });

  test('the history has whole statements, and Ctrl-R finds them', async () => {
    screen.type(keys.up);
    await screen.untilLast('tidemark> select uno from v;');
    screen.type(keys.up);
    await screen.untilLast("       -> SELECT 'never';");
    screen.type(keys.down + keys.down);
    await screen.untilLast('tidemark>');
    screen.type(`${keys.ctrlR}AS name`);
    await screen.until((lines) => lines.includes('       ->   1 + 1 AS n;') && lines.at(-1) === 'search: AS name');
    screen.type(keys.ctrlC);
    await screen.untilLast('tidemark>');
    expect(readFileSync(history, 'utf8').split('\n')[0]).toBe(JSON.stringify("SELECT 'a' AS name,\n  1 + 1 AS n;"));
  });

  test('Ctrl-C drops what is typed', async () => {
    screen.type(`\u000cSELECT nonsense`);
    await screen.untilLast('tidemark> SELECT nonsense');
    screen.type(keys.ctrlC);
    const lines = await screen.untilLast('tidemark>');
    expect(lines).toEqual(['tidemark> SELECT nonsense^C', 'tidemark>']);
  });

  test('a leaderboard is a table that is drawn in place, until Ctrl-C stops the query and not the prompt', async () => {
    const options = "'connector' = 'datagen', 'rows-per-second' = '500', 'fields.n.kind' = 'sequence'";
    await enter(`CREATE TABLE ticks (n INT) WITH (${options}, 'fields.n.start' = '0', 'fields.n.end' = '100000000');`);
    screen.type('\u000c');
    await screen.until((lines) => lines.length === 1);
    const ranked = 'SELECT player, ROW_NUMBER() OVER (ORDER BY score DESC, player) AS place, score';
    const summed = '(SELECT n - n / 4 * 4 AS player, SUM(n) AS score FROM ticks GROUP BY n - n / 4 * 4)';
    screen.type(`SELECT place, player, score FROM (${ranked}${keys.altEnter}`);
    screen.type(`  FROM ${summed}) WHERE place <= 3;${keys.enter}`);
    const isLive = (lines: readonly string[]): boolean => lines.at(-1)?.endsWith('ctrl-c to stop') === true;
    const places = (lines: readonly string[]): string[] =>
      lines.flatMap((line) => /^│ +(\d+) │ +\d │ +\d+ │/.exec(line)?.[1] ?? []);
    const first = await screen.until((lines) => isLive(lines) && places(lines).length === 3);
    const later = await screen.until((lines) => isLive(lines) && lines.join() !== first.join());
    // The same lines with other figures: it was drawn over.
    expect(later.length).toBe(first.length);
    expect(places(later)).toEqual(['1', '2', '3']);
    expect(later.at(-1)).toMatch(/^live {3}[\d.]+( k)? events {3}/);
    screen.resize(60, 20);
    await screen.until((lines) => isLive(lines) && places(lines).length === 3);
    screen.resize(80, 24);
    screen.type(keys.ctrlC);
    const ended = await screen.untilLast('tidemark>');
    expect(places(ended).slice(-3)).toEqual(['1', '2', '3']);
    expect(ended.at(-2)).toMatch(/^stopped {3}3 rows {3}/);
    expect(await enter('SELECT 7 AS seven;')).toContain('│     7 │');
  });

  test('rows without changes scroll, and a wide table fits into the screen', async () => {
    const lines = await enter(`SELECT '${'x'.repeat(100)}' AS wide, '日本' AS name;`);
    expect(lines.slice(2, -1)).toEqual([
      `┌${'─'.repeat(71)}┬──────┐`,
      `│ wide${' '.repeat(66)}│ name │`,
      `├${'─'.repeat(71)}┼──────┤`,
      `│ ${'x'.repeat(68)}… │ 日本 │`,
      `└${'─'.repeat(71)}┴──────┘`,
      'longer values are cut to the width of the terminal',
    ]);
  });

  test('the result mode CHANGELOG shows the changes as they come', async () => {
    await enter("SET 'sql-client.execution.result-mode' = 'CHANGELOG';");
    const lines = await enter("SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('a')) AS t(k) GROUP BY k;");
    expect(lines.slice(5, 8)).toEqual(['│ +I │ a │ 1 │', '│ -U │ a │ 1 │', '│ +U │ a │ 2 │']);
  });

  test('SOURCE runs a script; what it cannot find is told', async () => {
    writeFileSync(join(folder, 'two.sql'), 'SELECT 41 AS a;\nSELECT 42 AS b;\n');
    expect((await enter("SOURCE 'two.sql'")).filter((line) => /│ +\d/.test(line))).toEqual(['│ 41 │', '│ 42 │']);
    expect(await enter("SOURCE 'tow.sql';")).toContain(
      'error: there is no file or folder "tow.sql" (did you mean "two.sql"?)',
    );
  });

  test('help tells what there is, and what a function does', async () => {
    expect((await enter('help')).join('\n')).toContain('stops the query that runs');
    expect((await enter('help upper'))[1]).toMatch(/^UPPER {3}/);
  });

  test('what is typed while a statement runs comes behind it', async () => {
    screen.type(`\u000cSELECT 1 AS a;${keys.enter}SELECT 2 AS b;${keys.enter}`);
    const lines = await screen.until(
      (all) => all.filter((line) => line === '│ 2 │').length === 1 && all.at(-1) === 'tidemark>',
    );
    expect(lines).toContain('tidemark> SELECT 2 AS b;');
  });

  test('an INSERT without an end goes on behind the prompt, is told of, and stopped', async () => {
    await enter("CREATE TABLE endless (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50');");
    await enter("CREATE TABLE nothing (n INT) WITH ('connector' = 'blackhole');");
    await enter("SET 'pipeline.name' = 'drain';");
    const started = await enter('INSERT INTO nothing SELECT n FROM endless;');
    const [, id = ''] = /^job (\d+) goes on/.exec(started.at(-1) ?? '') ?? [];
    expect((await enter(`DESCRIBE JOB '${id}';`)).find((line) => line.includes('drain'))).toMatch(
      new RegExp(`^│ ${id} +│ drain +│ RUNNING │ \\d{4}-`),
    );
    const unknown = await enter("STOP JOB '0';");
    expect(unknown.at(1)).toBe("error[B052]: there is no job '0'");
    screen.type(`\u000cSTOP JOB '${id}';${keys.enter}`);
    await screen.until((lines) => lines.some((line) => line.startsWith(`job ${id}: stopped`)));
    await screen.untilLast('tidemark>');
    expect((await enter('SHOW JOBS;')).find((line) => line.includes('drain'))).toContain('CANCELED');
  });

  test('table.dml-sync has it waited for', async () => {
    await enter("SET 'table.dml-sync' = 'true';");
    screen.type(`\u000cINSERT INTO nothing SELECT n FROM endless;${keys.enter}`);
    await screen.until((lines) => lines.at(-1)?.startsWith('live') === true);
    screen.type(keys.ctrlC);
    const lines = await screen.untilLast('tidemark>');
    expect(lines.at(-2)).toMatch(/^stopped /);
    await enter("RESET 'table.dml-sync';");
  });

  test('quit stops what goes on, leaves, and gives the terminal back', async () => {
    expect((await enter('INSERT INTO nothing SELECT n FROM endless;')).at(-1)).toContain('goes on');
    screen.type(`quit${keys.enter}`);
    expect(await screen.ended).toBe(0);
    const [last = '', stopped] = screen.written.split(/(job \d+: stopped[^\n]*\r\n)$/);
    expect(stopped).toBeDefined();
    // In grey.
    expect(last.endsWith('\u001b[?2004l\u001b[?25h\u001b[2m')).toBe(true);
  });
});

describe('run, on a terminal', () => {
  test('draws boxes with a bold head, and Ctrl-C stops it with its summary and its exit code', async () => {
    const never = "CREATE TABLE ticks (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50');";
    const screen = start('run', '-e', `${never} SELECT n FROM ticks;`);
    await screen.until((lines) => lines.filter((line) => /^│ +-?\d+ │$/.test(line)).length > 3);
    expect(screen.written).toContain('\u001b[1m');
    screen.type(keys.ctrlC);
    expect(await screen.ended).toBe(130);
    // The line is longer than the terminal is wide.
    await screen.until((lines) => /^stopped in \d+\.\d+ s {3}[\d,]+ events? /.test(lines.at(-2) ?? ''));
  });
});

describe('without a terminal', () => {
  const piped = (input: string, ...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { cwd: folder, input, encoding: 'utf8' });

  test('standard input is a script; an updating result is a changelog, and nothing has colours', () => {
    const { stdout, stderr, status } = piped(
      "SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('a')) AS t(k) GROUP BY k;\nSELECT nope;\n",
      '-c',
      'tidemark.batch-size=1',
    );
    expect(stdout.trimEnd().split('\n')).toEqual(['op  k  n', '--  -  -', '+I  a  1', '-U  a  1', '+U  a  2']);
    expect(stderr).toContain('--> standard input:2:8');
    expect(stdout + stderr).not.toContain('\u001b');
    expect(status).toBe(1);
  });
});
