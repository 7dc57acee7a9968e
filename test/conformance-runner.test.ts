import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SourceText } from '../src/diagnostics/source-text.ts';
import type { Expression } from '../src/sql/ast.ts';
import { parseCaseFile } from './support/conformance/case-file.ts';
import { asRemaining } from './support/conformance/changelog.ts';
import { compareRefusal, compareResult } from './support/conformance/compare.ts';
import { type CorpusFile, corpusFolder, findFiles, readCorpusFile } from './support/conformance/corpus.ts';
import type { Answer, ChangeRow, EnginePort, Refusal, RunOptions } from './support/conformance/engine-port.ts';
import { parseExprFile } from './support/conformance/expr-file.ts';
import { type KnownDifference, parseList, printList } from './support/conformance/known-differences.ts';
import { computed } from './support/conformance/literals-to-columns.ts';
import { diffLines } from './support/conformance/report.ts';
import { folded } from './support/conformance/run-expressions.ts';
import { type FileReport, runFile, uniqueIds } from './support/conformance/run-file.ts';
import { updatedList } from './support/conformance/update-lists.ts';

/** An engine that answers as told. */
function portOf(answer: (script: string, options: RunOptions) => Answer[]): EnginePort {
  return {
    async *run(script, options) {
      yield* answer(script, options);
    },
  };
}

const refusal = (change: Partial<Refusal> = {}): Refusal => ({
  code: 'B001',
  message: 'no',
  line: 1,
  column: 1,
  stage: 'bind',
  ...change,
});

describe('the corpus', () => {
  const files = findFiles([corpusFolder]).map(readCorpusFile);

  test('every file is read, and nothing in it is left out', () => {
    for (const file of files) {
      const text = readFileSync(file.path, 'utf8');
      const marks = file.content.kind === 'scripts' ? /^=== /gm : /^ {2}[=!] /gm;
      expect([file.name, file.content.cases.length]).toEqual([file.name, [...text.matchAll(marks)].length]);
    }
    expect(files.reduce((sum, file) => sum + file.content.cases.length, 0)).toBeGreaterThan(8000);
  });

  test('a bag compares without its order, a changelog by what remains', () => {
    const rows: ChangeRow[] = [
      ['+I', ['a', '1']],
      ['-U', ['a', '1']],
      ['+U', ['a', '2']],
      ['+I', ['b', null]],
    ];
    expect(asRemaining(rows)).toEqual(['["a","2"]', '["b",null]']);
    expect(asRemaining([['-D', ['c']]])).toEqual(['["c"] taken away 1 too often']);
  });
});

describe('.case files', () => {
  const text = [
    '# for people',
    '',
    '=== two answers',
    '--- file in/a.json',
    '{"a":1}',
    '',
    '--- sql',
    'SELECT 1;',
    "SELECT '${dir}';",
    '--- note',
    'surprising',
    '--- answer ordered',
    '| a INT NOT NULL, b STRING',
    '+I ["1",null]',
    '-U ["1","x\\ny"]',
    '--- error',
    'ValidationException: a',
    '',
    '  second line',
    '',
    '=== one',
    '--- sql',
    'SELECT 2;',
    '--- answer materialized',
    '| a INT',
  ].join('\n');

  test('sections are read to their last line that is not blank', () => {
    const [first, second] = parseCaseFile('x.case', text);
    expect(first).toEqual({
      name: 'two answers',
      line: 3,
      files: [{ path: 'in/a.json', text: '{"a":1}\n' }],
      sql: "SELECT 1;\nSELECT '${dir}';",
      note: 'surprising',
      expected: [
        {
          kind: 'answer',
          grade: 'ordered',
          header: 'a INT NOT NULL, b STRING',
          rows: [
            ['+I', ['1', null]],
            ['-U', ['1', 'x\ny']],
          ],
        },
        { kind: 'error', text: 'ValidationException: a\n\n  second line' },
      ],
    });
    expect(second?.expected).toEqual([{ kind: 'answer', grade: 'materialized', header: 'a INT', rows: [] }]);
  });

  test('a mistake is told with its line', () => {
    expect(() => parseCaseFile('x.case', '=== a\n--- sql\nSELECT 1\n--- answer sorted\n| a INT')).toThrow(
      'x.case:4: an answer is ordered, bag, materialized or plan, not "sorted"',
    );
    expect(() => parseCaseFile('x.case', '=== a\n--- sql\nSELECT 1')).toThrow('x.case:1: "a" has no answer');
  });
});

describe('.expr files', () => {
  test('settings hold until they are reset', () => {
    const cases = parseExprFile(
      'x.expr',
      '# h\n@set a.b=C/D\n1 | 2\n  = ROW<`a | "b` INT> | "x | \\"y\\""\n@reset\n1/0\n  ! E: by zero\nx\n  = INT | null\n',
    );
    expect(cases).toEqual([
      {
        text: '1 | 2',
        line: 3,
        settings: { 'a.b': 'C/D' },
        expected: { kind: 'value', type: 'ROW<`a | "b` INT>', value: 'x | "y"' },
      },
      { text: '1/0', line: 6, settings: {}, expected: { kind: 'error', text: 'E: by zero' } },
      { text: 'x', line: 8, settings: {}, expected: { kind: 'value', type: 'INT', value: null } },
    ]);
  });

  test('an expression without an answer is a mistake', () => {
    expect(() => parseExprFile('x.expr', '1\n2\n  = INT | "2"')).toThrow('x.expr:1: "1" has no answer');
  });
});

describe('comparing', () => {
  const expected = {
    header: 'a INT',
    rows: [
      ['+I', ['1']],
      ['-U', ['1']],
      ['+U', ['2']],
    ] satisfies ChangeRow[],
  };
  const columns = [{ name: 'a', type: 'INT' }];

  test('the sequence counts when rows are taken one by one', () => {
    expect(compareResult(expected, { columns, rows: expected.rows }, 'exact')).toBeNull();
    expect(compareResult(expected, { columns, rows: [['+I', ['2']]] }, 'exact')?.what).toBe(
      'other rows, or another order',
    );
    expect(compareResult(expected, { columns, rows: [...expected.rows].reverse() }, 'bag')).toBeNull();
  });

  test('what remains counts when they come in batches', () => {
    expect(compareResult(expected, { columns, rows: [['+I', ['2']]] }, 'remaining')).toBeNull();
    expect(compareResult(expected, { columns, rows: [['+I', ['1']]] }, 'remaining')?.what).toBe('other rows remain');
  });

  test('names and types of the columns count', () => {
    const other = { columns: [{ name: 'a', type: 'BIGINT' }], rows: expected.rows };
    expect(compareResult(expected, other, 'remaining')?.what).toBe('other columns');
  });

  test('a refusal has a place and the stage of the one in Flink', () => {
    expect(compareRefusal('SqlValidatorException: no', refusal())).toBeNull();
    expect(compareRefusal('SqlValidatorException: no', refusal({ line: null }))?.what).toBe('refused without a place');
    expect(compareRefusal('ParseException: no', refusal({ stage: 'runtime' }))?.what).toMatch(/at a row/);
    expect(compareRefusal('JsonParseException: no', refusal())?.what).toMatch(/before a row/);
    expect(compareRefusal('JsonParseException: no', refusal({ stage: 'runtime', line: null }))).toBeNull();
  });
});

describe('running a file', () => {
  const scripts = (body: string, name = 'x.case'): CorpusFile => ({
    path: `area/${name}`,
    area: 'area',
    name,
    isCompared: !name.startsWith('flink-bugs'),
    content: { kind: 'scripts', cases: parseCaseFile(name, body) },
  });
  const expressions = (body: string): CorpusFile => ({
    path: 'area/x.expr',
    area: 'area',
    name: 'x.expr',
    isCompared: true,
    content: { kind: 'expressions', cases: parseExprFile('x.expr', body) },
  });
  const run = (
    file: CorpusFile,
    port: EnginePort,
    change: { known?: KnownDifference[]; filter?: string } = {},
  ): Promise<FileReport> => runFile(file, { port, known: [], filter: '', forms: [folded], ...change });
  const verdicts = (report: FileReport) => report.cases.map(({ verdict }) => verdict);

  const one = '=== reads a file\n--- file a.txt\nhello\n--- sql\nSELECT 1;\n--- answer ordered\n| a STRING\n';
  const result = (...fields: string[]): Answer => ({
    columns: [{ name: 'a', type: 'STRING' }],
    rows: fields.map((field): ChangeRow => ['+I', [field]]),
  });

  test('a script runs one row at a time and in batches, its files in a folder that is gone afterwards', async () => {
    const runs: { settings: object; text: string; dir: string }[] = [];
    const body = one.replace('SELECT 1', "SELECT '${dir}'").concat('+I ["${dir}/a.txt"]');
    const report = await run(
      scripts(body),
      portOf((script, { settings }) => {
        const dir = /'(.*)'/.exec(script)?.[1] ?? '';
        runs.push({ settings, text: readFileSync(`${dir}/a.txt`, 'utf8'), dir });
        return [result(`${dir}/a.txt`)];
      }),
    );
    expect(verdicts(report)).toEqual([{ kind: 'passed' }]);
    expect(runs.map(({ settings }) => settings)).toEqual([{ 'tidemark.batch-size': '1' }, {}]);
    expect(runs.map(({ text }) => text)).toEqual(['hello\n', 'hello\n']);
    expect(runs.some(({ dir }) => existsSync(dir))).toBe(false);
  });

  test('order is asked only of single rows', async () => {
    const file = scripts(`${one}+I ["x"]\n+I ["y"]`);
    expect(
      verdicts(
        await run(
          file,
          portOf((_, { settings }) => ['tidemark.batch-size' in settings ? result('x', 'y') : result('y', 'x')]),
        ),
      ),
    ).toEqual([{ kind: 'passed' }]);
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('y', 'x')]),
        ),
      ),
    ).toEqual([{ kind: 'failed', why: 'other rows, or another order (batch size 1)' }]);
  });

  test('too few answers, too many and a crash fail', async () => {
    const file = scripts(`${one}+I ["x"]`);
    expect(
      verdicts(
        await run(
          file,
          portOf(() => []),
        ),
      ),
    ).toEqual([{ kind: 'failed', why: 'no answer (batch size 1)' }]);
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('x'), result('x')]),
        ),
      ),
    ).toEqual([{ kind: 'failed', why: 'an answer too many (batch size 1)' }]);
    const crash = portOf(() => {
      throw new Error('boom');
    });
    const known: KnownDifference[] = [{ id: 'x.case: reads a file', kind: 'fault', reason: 'r' }];
    expect(verdicts(await run(file, crash, { known }))).toEqual([{ kind: 'failed', why: 'crashed (batch size 1)' }]);
  });

  test('a listed difference is excused, a listed pass is not', async () => {
    const file = scripts(`${one}+I ["x"]`);
    const known: KnownDifference[] = [{ id: 'x.case: reads a file', kind: 'fault', reason: 'Flink drops y' }];
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('y')]),
          { known },
        ),
      ),
    ).toEqual([{ kind: 'listed', list: 'fault', reason: 'Flink drops y' }]);
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('x')]),
          { known },
        ),
      ),
    ).toEqual([{ kind: 'failed', why: 'passes, and is on the list of known differences' }]);
  });

  test('what is left for later must be refused as not supported yet', async () => {
    const file = scripts(`${one}+I ["x"]`);
    const known: KnownDifference[] = [{ id: 'x.case: reads a file', kind: 'later', reason: 'joins' }];
    const refuse = (code: string) => portOf(() => [{ error: refusal({ code }) }]);
    expect(verdicts(await run(file, refuse('W002'), { known }))).toEqual([
      { kind: 'listed', list: 'later', reason: 'joins' },
    ]);
    expect(verdicts(await run(file, refuse('B001'), { known }))[0]?.kind).toBe('failed');
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('y')]),
          { known },
        ),
      )[0]?.kind,
    ).toBe('failed');
  });

  test("Flink's own bugs are run and not compared", async () => {
    const file = scripts(`${one}+I ["x"]`, 'flink-bugs.case');
    expect(
      verdicts(
        await run(
          file,
          portOf(() => [result('y')]),
        ),
      ),
    ).toEqual([{ kind: 'not compared' }]);
  });

  /** Computes what JavaScript can, and refuses a division by zero. */
  const calculator = portOf((script) => {
    const texts = script
      .replace(/^SELECT (.*);$/, '$1')
      .split(', ')
      .map((column) => column.replace(/ AS c\d+$/, ''));
    if (texts.includes('1/0')) return [{ error: refusal({ code: 'F001', stage: 'runtime' }) }];
    const values = texts.map((text) => `${Number(text.replace('+1', '')) + (text.endsWith('+1') ? 1 : 0)}`);
    return [{ columns: texts.map((_, index) => ({ name: `c${index}`, type: 'INT' })), rows: [['+I', values]] }];
  });

  test('expressions share a query, and a wrong one is found among them', async () => {
    const file = expressions(
      '1+1\n  = INT | "2"\n2+1\n  = INT | "4"\n3\n  = BIGINT | "3"\n1/0\n  ! E: zero\n1\n  ! E: one',
    );
    const report = await run(file, calculator);
    expect(report.cases.map(({ id, verdict }) => [id, verdict.kind === 'failed' ? verdict.why : verdict.kind])).toEqual(
      [
        ['x.expr: 1+1', 'passed'],
        ['x.expr: 2+1', 'another value (folded)'],
        ['x.expr: 3', 'another type (folded)'],
        ['x.expr: 1/0', 'passed'],
        ['x.expr: 1', 'not refused (folded)'],
      ],
    );
  });

  test('a filter chooses cases by file and name', async () => {
    const report = await run(expressions('1+1\n  = INT | "2"\n2+1\n  = INT | "3"'), calculator, {
      filter: 'x.expr: 2',
    });
    expect(report.cases.map(({ id }) => id)).toEqual(['x.expr: 2+1']);
  });

  test('cases of one name are told apart', () => {
    expect(uniqueIds('x.expr', ['a', 'b', 'a'])).toEqual(['x.expr: a', 'x.expr: b', 'x.expr: a (2)']);
  });

  test('the list takes what may be excused and drops what passes', async () => {
    const file = expressions('1+1\n  = INT | "2"\n2+1\n  = INT | "4"');
    const before: KnownDifference[] = [
      { id: 'x.expr: 1+1', kind: 'later', reason: 'plus' },
      { id: 'y.expr: did not run', kind: 'later', reason: 'plus' },
    ];
    const { cases } = await run(file, calculator, { known: before });
    expect(() => updatedList(before, cases, null)).not.toThrow();
    expect(updatedList(before, cases, { kind: 'later', reason: 'wrong, not missing' }).map(({ id }) => id)).toEqual([
      'y.expr: did not run',
    ]);
    expect(updatedList(before, cases, { kind: 'fault', reason: 'r' }).map(({ id }) => id)).toEqual([
      'y.expr: did not run',
      'x.expr: 2+1',
    ]);
  });
});

describe('lists', () => {
  const text =
    '# head\n\n[later: joins]\na.case: one\na.case: two\n\n[fault: drops a row; right is both]\nb.expr: 1 / 0\n';

  test('a list is read and printed back', () => {
    const entries = parseList('x.list', text);
    expect(entries.map(({ id, kind, reason }) => [id, kind, reason])).toEqual([
      ['a.case: one', 'later', 'joins'],
      ['a.case: two', 'later', 'joins'],
      ['b.expr: 1 / 0', 'fault', 'drops a row; right is both'],
    ]);
    expect(parseList('x.list', printList('x', entries))).toEqual(entries);
  });

  test('a case without a reason, or named twice, is a mistake', () => {
    expect(() => parseList('x.list', 'a.case: one')).toThrow('x.list:1: a case without a reason above it');
    expect(() => parseList('x.list', `${text}a.case: one`)).toThrow('x.list:9: "a.case: one" is named twice');
    expect(() => parseList('x.list', '[soon]')).toThrow('x.list:1:');
  });
});

test('literals become columns of a row, but where a literal must stand', () => {
  const source = new SourceText('x', "ROUND(-1.5, 2) + CHAR_LENGTH('ab')");
  const span = (part: string) => {
    const start = source.text.indexOf(part);
    return { source, start, end: start + part.length };
  };
  const number = (text: string) => ({ kind: 'numberLiteral', form: 'decimal', text, span: span(text) }) as const;
  const call = (name: string, values: Expression[]): Expression => {
    const identifier = { kind: 'identifier', name, isQuoted: false, span: span(name) } as const;
    return {
      kind: 'functionCall',
      name: { kind: 'qualifiedName', parts: [identifier], span: span(name) },
      arguments: values.map((value) => ({ kind: 'argument', name: null, value, span: value.span })),
      quantifier: null,
      orderBy: [],
      separator: null,
      nullTreatment: null,
      withinGroup: null,
      withinDistinct: null,
      filter: null,
      over: null,
      span: span(name),
    };
  };
  const tree: Expression = {
    kind: 'binary',
    operator: '+',
    left: call('ROUND', [{ kind: 'unary', operator: '-', operand: number('1.5'), span: span('-1.5') }, number('2')]),
    right: call('CHAR_LENGTH', [{ kind: 'stringLiteral', value: 'ab', charset: null, span: span("'ab'") }]),
    span: span(source.text),
  };
  expect(computed(() => tree).query([source.text])).toBe(
    "SELECT ROUND( p0 , 2) + CHAR_LENGTH( p1 ) AS c0 FROM (VALUES (-1.5, 'ab')) AS t(p0, p1)",
  );
  expect(computed(() => null).query(['('])).toBeNull();
});

test('a difference shows what both have in common', () => {
  expect(diffLines(['a', 'b', 'c'], ['a', 'x', 'c', 'd'])).toEqual(['  a', '- b', '+ x', '  c', '+ d']);
});
