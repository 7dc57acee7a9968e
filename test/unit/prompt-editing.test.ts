import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pc from 'picocolors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fitColumns } from '../../src/cli/formats/fit-columns.ts';
import { EditBuffer } from '../../src/cli/prompt/edit-buffer.ts';
import { highlight } from '../../src/cli/prompt/highlight.ts';
import { History } from '../../src/cli/prompt/history.ts';
import { layOut } from '../../src/cli/prompt/layout.ts';
import { LiveRows } from '../../src/cli/prompt/live-rows.ts';
import { isWhole } from '../../src/cli/prompt/statement-text.ts';

describe('a text is whole', () => {
  test.each([
    ['SELECT 1;', true],
    ['SELECT 1', false],
    ['SELECT 1; -- done', true],
    ["SELECT ';", false],
    ["SELECT 'it''s';", true],
    ['SELECT 1; SELECT 2', false],
    ['/* ; ', false],
    ['-- only a comment', false],
    ['EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;', false],
    ['EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;', true],
    ['quit', true],
    ['  Help split_index', true],
    ["SOURCE 'setup.sql'", true],
    ['SELECT quit', false],
    ['', true],
  ])('%j: %j', (text, whole) => {
    expect(isWhole(text)).toBe(whole);
  });
});

describe('editing', () => {
  const typed = (text: string): EditBuffer => {
    const buffer = new EditBuffer();
    buffer.insert(text);
    return buffer;
  };

  test('the cursor steps over what a person sees as one character', () => {
    const buffer = typed('a👩‍🚀é日');
    const stops = Array.from({ length: 5 }, () => {
      const { cursor } = buffer;
      buffer.left();
      return cursor;
    });
    expect(stops).toEqual([8, 7, 6, 1, 0]);
    buffer.toEnd();
    buffer.deleteLeft();
    buffer.deleteLeft();
    buffer.deleteLeft();
    expect(buffer.text).toBe('a');
  });

  test('up and down keep to their column, past a shorter line', () => {
    const buffer = typed('SELECT one\nx\nFROM table');
    expect([buffer.up(), buffer.cursor]).toEqual([true, 12]);
    expect([buffer.up(), buffer.cursor]).toEqual([true, 10]);
    expect(buffer.up()).toBe(false);
    buffer.down();
    expect([buffer.down(), buffer.cursor]).toEqual([true, 23]);
    expect(buffer.down()).toBe(false);
  });

  test('words and lines are cut, and come back', () => {
    const buffer = typed("SELECT a,\n  'two words'");
    buffer.cutWordLeft();
    expect(buffer.text).toBe("SELECT a,\n  'two ");
    buffer.cutToLineStart();
    expect(buffer.text).toBe('SELECT a,\n');
    buffer.paste();
    expect(buffer.text).toBe("SELECT a,\n  'two ");
    buffer.toStart();
    buffer.cutToLineEnd();
    expect(buffer.text).toBe("\n  'two ");
  });
});

describe('the screen', () => {
  const drawn = (text: string, cursor: number, columns: number) =>
    layOut({ text, cursor, spans: highlight(text), prompts: ['> ', '. '], columns, colors: pc.createColors(false) });

  test('a line is broken at the width, and the cursor is where it is', () => {
    expect(drawn('abcdefgh\nij', 11, 6)).toEqual({ rows: ['> abcd', 'efgh', '. ij'], cursor: { row: 2, column: 4 } });
    expect(drawn('abcdefgh', 4, 6).cursor).toEqual({ row: 1, column: 0 });
  });

  test('behind a full row the cursor stands on the next', () => {
    expect(drawn('abcd', 4, 6)).toEqual({ rows: ['> abcd', ''], cursor: { row: 1, column: 0 } });
  });

  test('a wide character is not broken', () => {
    expect(drawn('日本語', 3, 7)).toEqual({ rows: ['> 日本', '語'], cursor: { row: 1, column: 2 } });
  });

  test('what is what', () => {
    const text = "SELECT UPPER(x), year AS n -- so\nFROM `from` WHERE 'a' > 1 /* open";
    expect(highlight(text).map(({ start, end, style }) => `${text.slice(start, end)}: ${style}`)).toEqual([
      'SELECT: keyword',
      'UPPER: function',
      'year: keyword',
      'AS: keyword',
      '-- so: comment',
      'FROM: keyword',
      'WHERE: keyword',
      "'a': text",
      '1: number',
      '/* open: comment',
    ]);
  });

  test('columns give way to fit, the widest first; beyond that the last are left out', () => {
    const frame = { column: 3, edge: 1 };
    const fitted = (wanted: number[], columns: number, isRigid: boolean[] = []) =>
      fitColumns({ wanted, isRigid, columns, frame });
    expect(fitted([10, 40, 40], 80)).toEqual([10, 30, 30]);
    expect(fitted([10, 60, 20], 80)).toEqual([10, 40, 20]);
    expect(fitted([12, 12, 12, 12], 40)).toEqual([10, 10, 10]);
    expect(fitted([5, 5], 80)).toEqual([5, 5]);
    // Half a number is another number; what a column that does not fit leaves, the others have.
    expect(fitted([30, 20, 12], 40, [false, true])).toEqual([13, 20]);
    expect(fitted([90], 40)).toEqual([36]);
  });
});

describe('the history', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-history-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is walked from the newest, and what was being typed comes back', () => {
    const history = new History(null);
    history.add('SELECT 1;');
    history.add('SELECT\n 2;');
    history.add('SELECT\n 2;');
    expect(history.older('SEL')).toBe('SELECT\n 2;');
    expect(history.older('')).toBe('SELECT 1;');
    expect(history.older('')).toBeNull();
    expect(history.newer()).toBe('SELECT\n 2;');
    expect(history.newer()).toBe('SEL');
    expect(history.newer()).toBeNull();
    expect([history.search('1', 0), history.search('SELECT', 1), history.search('3', 0)]).toEqual([
      'SELECT 1;',
      'SELECT 1;',
      null,
    ]);
  });

  test('is kept in a file of a thousand entries, and lines of others are passed over', () => {
    const path = join(folder, 'deep', 'history');
    const history = new History(path);
    history.add('SELECT\n 1;');
    appendFileSync(path, 'garbage\n"SELECT 2;"\n');
    const again = new History(path);
    expect([again.older(''), again.older('')]).toEqual(['SELECT 2;', 'SELECT\n 1;']);
    writeFileSync(path, Array.from({ length: 2500 }, (_, at) => `"SELECT ${at};"\n`).join(''));
    expect(new History(path).older('')).toBe('SELECT 2499;');
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(1001);
  });

  test('that cannot be kept is told, once', () => {
    const history = new History(join(folder, 'deep', 'history', 'x'));
    history.add('SELECT 1;');
    expect(history.takeProblem()).toMatch(/ENOTDIR/);
    expect(history.takeProblem()).toBeNull();
  });
});

describe('the rows of a live table', () => {
  test('a row keeps its place when it is replaced', () => {
    const rows = new LiveRows<string>(100);
    for (const key of ['a', 'b', 'c']) rows.apply('+I', key, key);
    rows.apply('-U', 'b', 'b');
    rows.apply('+U', 'B', 'B');
    expect([...rows]).toEqual(['a', 'B', 'c']);
    rows.apply('-D', 'a', 'a');
    rows.apply('+I', 'd', 'd');
    expect([...rows]).toEqual(['B', 'c', 'd']);
  });

  test('beyond the most the first are forgotten', () => {
    const rows = new LiveRows<number>(2);
    for (let row = 0; row < 5000; row++) rows.apply('+I', String(row), row);
    expect([...rows]).toEqual([4998, 4999]);
    rows.apply('-D', '7', 7);
    expect(rows.size).toBe(2);
  });

  test('any changes leave the rows that a list would hold', () => {
    const change = fc.tuple(fc.constantFrom('+I', 'replace', '-D'), fc.nat(5), fc.nat(5));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const rows = new LiveRows<string>(1000);
        const list: string[] = [];
        for (const [kind, one, other] of changes) {
          const [key, next] = [String(one), String(other)];
          if (kind === '+I') {
            rows.apply('+I', key, key);
            list.push(key);
            continue;
          }
          const at = list.lastIndexOf(key);
          if (at < 0) continue;
          rows.apply(kind === '-D' ? '-D' : '-U', key, key);
          if (kind === 'replace') rows.apply('+U', next, next);
          list.splice(at, 1, ...(kind === 'replace' ? [next] : []));
        }
        expect([...rows].sort()).toEqual(list.sort());
        expect(rows.size).toBe(list.length);
      }),
      { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 200), seed: 4 },
    );
  });
});
