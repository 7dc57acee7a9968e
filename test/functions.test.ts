import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type ArgumentsOf,
  aggregateFunction,
  DiagnosticError,
  Engine,
  SourceText,
  scalarFunction,
  Tidemark,
  type TidemarkOptions,
} from '../src/index.ts';
import { aggregateProgram } from '../src/library/functions.ts';
import { Memory } from '../src/memory/memory.ts';

const at = (clock: string): Date => new Date(`2024-01-01T${clock}Z`);

const rides = [
  { id: 1, city: 'Oslo', km: 2, ts: at('00:00:10') },
  { id: 2, city: 'Bergen', km: 8, ts: at('00:00:20') },
  { id: 3, city: 'Oslo', km: null, ts: at('00:00:40') },
  { id: 4, city: null, km: 4, ts: at('00:01:10') },
  { id: 5, city: 'Oslo', km: 8, ts: at('00:02:30') },
];

async function opened(options: TidemarkOptions = {}): Promise<Tidemark> {
  const tide = await Tidemark.open(options);
  tide.table('rides', rides, {
    columns: { id: 'INT', city: 'STRING', km: 'INT', ts: 'TIMESTAMP(3)' },
    watermark: { column: 'ts' },
  });
  return tide;
}

async function refusal(tide: Tidemark, sql: string): Promise<DiagnosticError> {
  const thrown = await tide
    .query(sql)
    .toArray()
    .then(
      () => null,
      (error: unknown) => error,
    );
  expect(thrown).toBeInstanceOf(DiagnosticError);
  return thrown as DiagnosticError;
}

async function column(tide: Tidemark, sql: string): Promise<readonly unknown[]> {
  return (await tide.query(sql).toArray()).map((row) => Object.values(row)[0]);
}

/** A value of each kind of type: in SQL, and as a program holds it. */
const kinds: readonly (readonly [type: string, sql: string, value: unknown])[] = [
  ['BOOLEAN', 'TRUE', true],
  ['TINYINT', 'CAST(-7 AS TINYINT)', -7],
  ['INT', '2147483647', 2147483647],
  ['BIGINT', '9007199254740993', 9007199254740993n],
  ['FLOAT', 'CAST(1.5 AS FLOAT)', 1.5],
  ['DOUBLE', '1e300', 1e300],
  ['DECIMAL(10, 2)', '12.50', '12.50'],
  ['DECIMAL(38, 0)', "CAST('12345678901234567890123456789' AS DECIMAL(38, 0))", '12345678901234567890123456789'],
  ['STRING', "'æøå'", 'æøå'],
  ['BYTES', "x'00ff'", Uint8Array.of(0, 255)],
  ['DATE', "DATE '2024-02-29'", '2024-02-29'],
  ['TIME', "TIME '12:30:00'", '12:30:00'],
  ['TIMESTAMP(3)', "TIMESTAMP '2024-01-01 00:00:01.5'", at('00:00:01.500')],
  ['TIMESTAMP(9)', "TIMESTAMP '2024-01-01 00:00:01.123456789'", '2024-01-01 00:00:01.123456789'],
  ['ARRAY<INT>', 'ARRAY[1, CAST(NULL AS INT), 3]', [1, null, 3]],
  ['MAP<STRING, BIGINT>', "MAP['a', 1]", new Map([['a', 1n]])],
  ['ROW<n INT, s STRING>', "CAST(ROW(1, 'x') AS ROW<n INT, s STRING>)", { n: 1, s: 'x' }],
];

describe('a scalar function of the program', () => {
  test('is called for each row that has no NULL among its arguments', async () => {
    await using tide = await opened();
    const seen: string[] = [];
    tide.function('shout', {
      parameters: ['STRING'],
      returns: 'STRING',
      call: (text) => {
        seen.push(text);
        return `${text.toUpperCase()}!`;
      },
    });
    expect(await column(tide, 'SELECT shout(city), id FROM rides')).toEqual([
      'OSLO!',
      'BERGEN!',
      'OSLO!',
      null,
      'OSLO!',
    ]);
    expect(seen).toEqual(['Oslo', 'Bergen', 'Oslo', 'Oslo']);
  });

  test('sees NULL where it asks for it', async () => {
    await using tide = await opened();
    tide.function('known', {
      parameters: ['STRING'],
      returns: 'BOOLEAN NOT NULL',
      nulls: 'pass',
      call: (x) => x !== null,
    });
    expect(await column(tide, 'SELECT known(city), id FROM rides')).toEqual([true, true, true, false, true]);
    expect(await tide.query('SELECT known(city) AS k FROM rides').columns()).toMatchObject([
      { type: { nullable: false } },
    ]);
  });

  test.for(kinds)('takes and gives a %s', async ([type, sql, value]) => {
    await using tide = await Tidemark.open();
    const seen: unknown[] = [];
    const echo = (given: unknown): never => {
      seen.push(given);
      return given as never;
    };
    tide.function('echo', { parameters: [type], returns: type, call: echo });
    expect(await column(tide, `SELECT echo(x) FROM (VALUES (${sql})) AS t (x)`)).toEqual([value]);
    expect(seen).toEqual([value]);
  });

  test('of several signatures is the one that fits exactly, before one that values are cast to', async () => {
    await using tide = await opened();
    tide.function('which', [
      scalarFunction({ parameters: ['DOUBLE'], returns: 'STRING', call: () => 'double' }),
      scalarFunction({ parameters: ['BIGINT'], returns: 'STRING', call: () => 'bigint' }),
      scalarFunction({ parameters: ['INT', 'INT'], returns: 'STRING', call: (a, b) => `${a} and ${b}` }),
    ]);
    const sql = 'SELECT which(CAST(1 AS BIGINT)), which(1), which(1.5), which(1, 2)';
    expect(Object.values((await tide.query(sql).toArray())[0] ?? {})).toEqual([
      'bigint',
      'double',
      'double',
      '1 and 2',
    ]);
  });

  test('may be called by the names of its parameters', async () => {
    await using tide = await opened();
    tide.function('padded', {
      parameters: { text: 'STRING', width: 'INT' },
      returns: 'STRING',
      call: ({ text, width }) => text.padEnd(width, '.'),
    });
    expect(await column(tide, "SELECT padded(width => 3, text => 'a')")).toEqual(['a..']);
    expect(await column(tide, "SELECT padded('a', 3)")).toEqual(['a..']);
    expect((await refusal(tide, "SELECT padded(txt => 'a', width => 3)")).diagnostics[0]).toMatchObject({
      code: 'B005',
      message: 'padded has no parameter "txt"',
      help: 'did you mean "text"?',
    });
    expect((await refusal(tide, "SELECT padded(text => 'a')")).diagnostics[0]).toMatchObject({ help: 'give it width' });
    expect((await refusal(tide, "SELECT padded('a', width => 3)")).message).toContain('by name or by place, not both');
  });

  test('that is deterministic is called once over constants and once for equal calls; another for each', async () => {
    await using tide = await opened();
    const calls = { once: 0, often: 0 };
    tide.function('once', { parameters: ['INT'], returns: 'INT', call: () => ++calls.once });
    tide.function('often', { parameters: ['INT'], returns: 'INT', deterministic: false, call: () => ++calls.often });
    await tide.query('SELECT once(1), once(id), once(id) FROM rides').toArray();
    expect(calls.once).toBe(1 + rides.length);
    await tide.query('SELECT often(1), often(id), often(id) FROM rides').toArray();
    expect(calls.often).toBe(3 * rides.length);
  });

  test('that throws ends the query, with the call in the SQL, the row, and what it threw', async () => {
    await using tide = await opened();
    const thrown = new RangeError('eight is too far');
    tide.function('near', {
      parameters: ['INT'],
      returns: 'INT',
      call: (km) => {
        if (km === 8) throw thrown;
        return km;
      },
    });
    const error = await refusal(tide, 'SELECT id, near(km) FROM rides');
    expect(error.diagnostics).toMatchObject([
      {
        code: 'F017',
        message: 'near failed: eight is too far',
        span: { start: 11, end: 19 },
        notes: [{ message: 'at the row rides:2 (byte 1)' }, { message: expect.stringContaining('"id":2') }],
      },
    ]);
    expect(error.cause).toBe(thrown);
    // A constant that fails is left for the row, which may never come.
    expect(await column(tide, 'SELECT near(8) FROM rides WHERE id > 100')).toEqual([]);
  });

  test('that gives no value of its type ends the query', async () => {
    await using tide = await opened();
    tide.function('text', { parameters: ['INT'], returns: 'INT', call: ((n: number) => `${n}`) as never });
    tide.function('later', { parameters: ['INT'], returns: 'INT', call: (async (n: number) => n) as never });
    tide.function('nothing', { parameters: ['INT NOT NULL'], returns: 'INT NOT NULL', call: (() => null) as never });
    const message = async (call: string): Promise<string | undefined> =>
      (await refusal(tide, `SELECT ${call} FROM rides`)).diagnostics[0]?.message;
    expect(await message('text(id)')).toBe('text gave no INT: expected a whole number');
    expect(await message('later(id)')).toBe('later gave no INT: it gave a promise, and a query does not wait for one');
    expect(await message('nothing(id)')).toBe('nothing gave no INT NOT NULL: NULL where none may be');
  });

  test('is refused arguments that it does not take, with what it takes', async () => {
    await using tide = await opened();
    tide.function('shout', { parameters: ['STRING'], returns: 'STRING', call: (text) => text });
    const [types] = (await refusal(tide, 'SELECT shout(id, 1) FROM rides')).diagnostics;
    expect(types).toMatchObject({
      code: 'B005',
      message: 'there is no shout(INT, INT)',
      help: 'expected shout(STRING)',
    });
    const [name] = (await refusal(tide, 'SELECT shuot(city) FROM rides')).diagnostics;
    expect(name).toMatchObject({ code: 'B002', help: 'did you mean "shout"?' });
  });

  test('has a name that is not taken, and types that are types', async () => {
    await using tide = await opened();
    const define = (name: string, type: string) => () =>
      tide.function(name, { parameters: [type], returns: 'INT', call: () => 1 });
    expect(define('Upper', 'INT')).toThrow(`"Upper" is a function of SQL's own`);
    expect(define('tumble', 'INT')).toThrow(`"tumble" is a function of SQL's own`);
    expect(define('f', 'INTT')).toThrow('function "f":1:1: error[B016]: unknown type "INTT"');
    define('f', 'INT')();
    expect(define('F', 'INT')).toThrow('the function "F" exists already');
    await tide.execute('DROP TEMPORARY SYSTEM FUNCTION f');
    expect((await refusal(tide, 'SELECT f(1)')).diagnostics[0]).toMatchObject({ code: 'B002' });
  });

  test('is shown among the functions', async () => {
    await using tide = await opened();
    tide.function('Area', [
      scalarFunction({ parameters: ['DOUBLE'], returns: 'DOUBLE', call: (radius) => radius }),
      scalarFunction({
        parameters: { w: 'INT', h: 'INT' },
        returns: 'INT',
        deterministic: false,
        call: ({ w, h }) => w * h,
      }),
    ]);
    expect(await column(tide, 'SHOW USER FUNCTIONS')).toEqual(['area']);
    expect(await column(tide, "SHOW FUNCTIONS LIKE 'are%'")).toEqual(['area']);
    const described = await tide.query<Record<string, string>>('DESCRIBE FUNCTION EXTENDED area').toArray();
    expect(Object.fromEntries(described.map((row) => Object.values(row)))).toMatchObject({
      'is temporary': 'true',
      kind: 'SCALAR',
      'is deterministic': 'false',
      signature: 'Area(DOUBLE), Area(w INT, h INT)',
    });
  });

  test('may stand wherever an expression may', async () => {
    await using tide = await opened();
    tide.function('twice', { parameters: ['INT'], returns: 'INT', call: (n) => 2 * n });
    defineTotal(tide);
    await tide.execute(`
      CREATE VIEW doubled AS SELECT id, twice(km) AS km FROM rides;
      CREATE TABLE made (n INT, m AS twice(n)) WITH ('connector' = 'datagen', 'number-of-rows' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '7', 'fields.n.end' = '7')`);
    expect(await column(tide, 'SELECT km, id FROM doubled WHERE id <= 2')).toEqual([4, 16]);
    expect(await column(tide, 'SELECT m FROM made')).toEqual([14]);
    expect(await column(tide, 'SELECT b.id FROM rides a JOIN rides b ON twice(a.id) = b.id')).toEqual([2, 4]);
    expect(await column(tide, 'SELECT twice(CAST(total(km) AS INT)) FROM rides')).toEqual([44]);
    const pattern = `
      SELECT n FROM rides MATCH_RECOGNIZE (
        ORDER BY ts MEASURES total(b.km) AS n, twice(a.id) AS m PATTERN (a b+ c) DEFINE b AS twice(b.id) < 7, c AS c.id > 3
      )`;
    expect(await column(tide, pattern)).toEqual([8n, null]);
    expect((await refusal(tide, 'SELECT twice(km) OVER (ORDER BY ts) FROM rides')).message).toContain(
      'twice is no aggregate function: OVER does not apply',
    );
  });

  test('is one of those that a compiled plan is run with', async () => {
    await using tide = await opened();
    tide.function('twice', { parameters: ['INT'], returns: 'INT', call: (n) => 2 * n });
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-functions-'));
    try {
      const plan = join(folder, 'plan.json');
      await tide.execute(`
        CREATE TABLE nowhere (n INT) WITH ('connector' = 'blackhole');
        COMPILE PLAN '${plan}' FOR INSERT INTO nowhere SELECT twice(id) FROM rides`);
      const [job] = await tide.execute(`EXECUTE PLAN '${plan}'`);
      expect(await job?.done).toMatchObject({ outcome: 'finished', rowsOut: 5 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('has the types of its declaration', () => {
    expectTypeOf<ArgumentsOf<['STRING', 'BIGINT', 'DECIMAL(10, 2)'], 'propagate'>>().toEqualTypeOf<
      [string, bigint, string]
    >();
    expectTypeOf<ArgumentsOf<['STRING', 'INT NOT NULL'], 'pass'>>().toEqualTypeOf<[string | null, number]>();
    expectTypeOf<ArgumentsOf<{ text: 'STRING'; at: 'TIMESTAMP(3)' }, 'propagate'>>().toEqualTypeOf<
      [{ readonly text: string; readonly at: Date }]
    >();
    scalarFunction({
      parameters: ['ARRAY<INT>', 'DOUBLE'],
      returns: 'STRING NOT NULL',
      call: (list, factor) => {
        expectTypeOf(list).toEqualTypeOf<readonly (number | null)[]>();
        expectTypeOf(factor).toEqualTypeOf<number>();
        return 'x';
      },
    });
    // @ts-expect-error a number is no STRING
    scalarFunction({ parameters: ['INT'], returns: 'STRING', call: (n) => n });
    // @ts-expect-error NULL is none of a NOT NULL
    scalarFunction({ parameters: ['INT'], returns: 'INT NOT NULL', call: () => null });
    aggregateFunction({
      parameters: ['BIGINT'],
      returns: 'BIGINT',
      accumulator: { sum: 'BIGINT NOT NULL', last: 'STRING' },
      init: () => ({ sum: 0 }),
      add: (accumulator, value) => {
        expectTypeOf(accumulator).toEqualTypeOf<{ sum: bigint; last: string | null }>();
        expectTypeOf(value).toEqualTypeOf<bigint>();
        return { ...accumulator, sum: accumulator.sum + value };
      },
      result: ({ sum }) => sum,
    });
  });
});

/** SUM, in JavaScript, and how often its parts were called. */
function defineTotal(tide: Tidemark): void {
  tide.aggregateFunction('total', {
    parameters: ['INT'],
    returns: 'BIGINT',
    accumulator: { n: 'BIGINT NOT NULL', sum: 'BIGINT NOT NULL' },
    init: () => ({ n: 0n, sum: 0n }),
    add: ({ n, sum }, x) => ({ n: n + 1n, sum: sum + BigInt(x) }),
    retract: ({ n, sum }, x) => ({ n: n - 1n, sum: sum - BigInt(x) }),
    merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
    result: ({ n, sum }) => (n === 0n ? null : sum),
  });
}

/** What it can stand in; FUNCTION is `total` or SUM over BIGINT. */
const places: readonly (readonly [place: string, sql: string])[] = [
  ['GROUP BY', 'SELECT city, FUNCTION(km) AS s FROM rides GROUP BY city'],
  ['no GROUP BY', 'SELECT FUNCTION(km) AS s, COUNT(*) AS n FROM rides'],
  ['grouping sets', 'SELECT city, id, FUNCTION(km) AS s FROM rides GROUP BY ROLLUP (city, id)'],
  ['DISTINCT and FILTER', 'SELECT FUNCTION(DISTINCT km) FILTER (WHERE id > 1) AS s FROM rides GROUP BY city'],
  ['HAVING', 'SELECT city FROM rides GROUP BY city HAVING FUNCTION(km) > 5'],
  ...[
    "TUMBLE(TABLE rides, DESCRIPTOR(ts), INTERVAL '1' MINUTE)",
    "HOP(TABLE rides, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)",
    "CUMULATE(TABLE rides, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '2' MINUTE)",
    "SESSION(TABLE rides, DESCRIPTOR(ts), INTERVAL '25' SECOND)",
  ].map(
    (window) =>
      [
        window.slice(0, window.indexOf('(')),
        `SELECT window_start, FUNCTION(km) AS s FROM ${window} GROUP BY window_start, window_end`,
      ] as const,
  ),
  ['OVER all rows before', 'SELECT id, FUNCTION(km) OVER (PARTITION BY city ORDER BY ts) AS s FROM rides'],
  [
    'OVER two rows',
    'SELECT id, FUNCTION(km) OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM rides',
  ],
  [
    'an updating input',
    'SELECT n, FUNCTION(km) AS s FROM (SELECT city, COUNT(*) AS n, MAX(km) AS km FROM rides GROUP BY city) GROUP BY n',
  ],
];

describe('an aggregate function of the program', () => {
  test.for(places)('is what SUM is in %s, at every batch size', async ([, sql]) => {
    const answers: unknown[] = [];
    for (const size of ['1', '2', '1024']) {
      await using tide = await opened({ settings: { 'tidemark.batch-size': size } });
      defineTotal(tide);
      const expected = await tide
        .query(
          sql
            .replace('FUNCTION(km)', 'SUM(CAST(km AS BIGINT))')
            .replace('FUNCTION(DISTINCT km)', 'SUM(DISTINCT CAST(km AS BIGINT))'),
        )
        .toArray();
      const given = await tide.query(sql.replace('FUNCTION', 'total')).toArray();
      expect(given).toEqual(expected);
      expect(given.length).toBeGreaterThan(0);
      answers.push(new Set(given.map((row) => Object.values(row).join())));
    }
    expect(answers[1]).toEqual(answers[2]);
  });

  test('without merge or retract is refused where they are needed', async () => {
    await using tide = await opened();
    tide.aggregateFunction('plain', {
      parameters: ['INT'],
      returns: 'INT',
      accumulator: { sum: 'INT NOT NULL' },
      init: () => ({ sum: 0 }),
      add: ({ sum }, x) => ({ sum: sum + x }),
      result: ({ sum }) => sum,
    });
    const queries = new Map(places);
    const refused = async (place: string): Promise<unknown> =>
      (await refusal(tide, (queries.get(place) ?? '').replace('FUNCTION', 'plain'))).diagnostics[0];
    expect(await column(tide, 'SELECT plain(km) FROM rides')).toEqual([22]);
    for (const place of ['HOP', 'CUMULATE', 'SESSION']) {
      expect(await refused(place)).toMatchObject({ code: 'B011', help: expect.stringContaining('give it "merge"') });
    }
    for (const place of ['OVER two rows', 'an updating input']) {
      expect(await refused(place)).toMatchObject({ code: 'B032', help: 'give it "retract", which undoes "add"' });
    }
  });

  test.for(kinds)('keeps a %s, and NULL, in its accumulator', async ([type, sql, value]) => {
    await using tide = await Tidemark.open();
    tide.aggregateFunction('latest', {
      parameters: [type],
      returns: type,
      accumulator: { before: 'INT', value: type },
      nulls: 'pass',
      init: () => ({ value: null }),
      add: (_accumulator, given) => ({ value: given }) as never,
      result: (accumulator) => accumulator.value as never,
    });
    const latest = `SELECT k, latest(x) AS x FROM (VALUES (1, CAST(NULL AS ${type})), (1, ${sql}), (2, ${sql}), (2, CAST(NULL AS ${type}))) AS t (k, x) GROUP BY k`;
    expect(await tide.query(latest).toArray()).toEqual([
      { k: 1, x: value },
      { k: 2, x: null },
    ]);
  });

  test('keeps texts, lists and maps of any size for its group', async () => {
    await using tide = await opened();
    tide.aggregateFunction('route', {
      parameters: ['STRING'],
      returns: 'STRING',
      accumulator: { cities: 'ARRAY<STRING NOT NULL> NOT NULL', counts: 'MAP<STRING NOT NULL, INT NOT NULL> NOT NULL' },
      nulls: 'pass',
      init: () => ({ cities: [], counts: new Map() }),
      add: ({ cities, counts }, city) => {
        const name = city ?? 'nowhere';
        return { cities: [...cities, name], counts: new Map([...counts, [name, (counts.get(name) ?? 0) + 1]]) };
      },
      result: ({ cities, counts }) => `${cities.join('>')} ${counts.size}`,
    });
    expect(await column(tide, 'SELECT route(city) FROM rides')).toEqual(['Oslo>Bergen>Oslo>nowhere>Oslo 3']);
  });

  test('leaves no memory behind', async () => {
    const memory = Memory.create();
    const engine = new Engine({ memory });
    engine.defineFunction(
      aggregateProgram('texts', [
        {
          parameters: ['STRING'],
          returns: 'STRING',
          accumulator: { text: 'STRING' },
          init: () => ({ text: '' }),
          add: ({ text }: { text: string }, next: string) => ({ text: text + next }),
          result: ({ text }: { text: string }) => text,
        },
      ]),
    );
    const sql = "SELECT k, texts(v) FROM (VALUES (1, 'a'), (2, 'b'), (1, 'cc')) AS t (k, v) GROUP BY k";
    const run = async (): Promise<number> => {
      for await (const _ of engine.run(new SourceText('memory', sql)));
      return memory.allocatedBytes;
    };
    const held = await run();
    expect(await run()).toBe(held);
  });

  test('whose result fails names the call, and no row', async () => {
    await using tide = await opened();
    tide.aggregateFunction('broken', {
      parameters: ['INT'],
      returns: 'INT',
      accumulator: { n: 'INT' },
      init: () => ({}),
      add: (accumulator) => accumulator,
      result: () => {
        throw new Error('no luck');
      },
    });
    expect((await refusal(tide, 'SELECT city, broken(km) FROM rides GROUP BY city')).diagnostics).toMatchObject([
      { code: 'F017', message: 'broken failed: no luck', span: { start: 13, end: 23 }, notes: [] },
    ]);
  });

  test('that gives no accumulator ends the query at the row', async () => {
    await using tide = await opened();
    tide.aggregateFunction('forgetful', {
      parameters: ['INT'],
      returns: 'INT',
      accumulator: { n: 'INT' },
      init: () => ({}),
      add: (() => {}) as never,
      result: () => 1,
    });
    expect((await refusal(tide, 'SELECT forgetful(km) FROM rides')).diagnostics[0]).toMatchObject({
      message: 'forgetful gave no accumulator of its declaration: expected an object',
      notes: [{ message: 'at the row rides:1 (byte 0)' }, {}],
    });
  });
});

describe('a table function of the program', () => {
  async function withWords(): Promise<Tidemark> {
    const tide = await opened();
    tide.tableFunction('letters', {
      parameters: ['STRING', 'INT'],
      columns: { letter: 'STRING NOT NULL', place: 'INT NOT NULL' },
      *rows(text, count) {
        for (let place = 0; place < Math.min(count, text.length); place++) yield { letter: text[place] ?? '', place };
      },
    });
    return tide;
  }

  test('gives rows for each row', async () => {
    await using tide = await withWords();
    expect(
      await tide.query('SELECT id, letter, l.place FROM rides, LATERAL TABLE(letters(city, 2)) AS l').toArray(),
    ).toEqual(
      [1, 2, 3, 5].flatMap((id) => [
        { id, letter: id === 2 ? 'B' : 'O', place: 0 },
        { id, letter: id === 2 ? 'e' : 's', place: 1 },
      ]),
    );
  });

  test('in a left join leaves no row out', async () => {
    await using tide = await withWords();
    const sql =
      'SELECT id, c FROM rides LEFT JOIN LATERAL TABLE(letters(city, id - 2)) AS l (c, p) ON TRUE WHERE id < 5';
    expect(await tide.query(sql).toArray()).toEqual([
      { id: 1, c: null },
      { id: 2, c: null },
      { id: 3, c: 'O' },
      { id: 4, c: null },
    ]);
  });

  test('follows an input that is updated', async () => {
    await using tide = await withWords();
    const sql = `
      SELECT letter, COUNT(*) AS n
      FROM (SELECT city, CAST(COUNT(*) AS INT) AS n FROM rides GROUP BY city), LATERAL TABLE(letters(city, n)) AS l
      GROUP BY letter`;
    const counted = await tide.query<{ letter: string; n: bigint }>(sql).toArray();
    expect(new Map(counted.map(({ letter, n }) => [letter, n]))).toEqual(
      new Map([
        ['O', 1n],
        ['s', 1n],
        ['l', 1n],
        ['B', 1n],
      ]),
    );
  });

  test('may stand alone', async () => {
    await using tide = await withWords();
    expect(await column(tide, "SELECT letter FROM TABLE(letters('xy', 5))")).toEqual(['x', 'y']);
  });

  test('is refused as a value, and a value as a table', async () => {
    await using tide = await withWords();
    tide.function('fixed', { parameters: [], returns: 'INT', call: () => 1 });
    expect((await refusal(tide, 'SELECT letters(city, 1) FROM rides')).diagnostics[0]).toMatchObject({
      message: 'letters is a table function',
      help: 'write it in FROM: LATERAL TABLE(letters(...))',
    });
    expect((await refusal(tide, 'SELECT * FROM TABLE(fixed())')).diagnostics[0]?.message).toContain(
      'is no table function',
    );
    expect(
      (await refusal(tide, 'SELECT * FROM rides, LATERAL TABLE(letters(city, 1)) AS l (a)')).diagnostics[0],
    ).toMatchObject({
      code: 'B019',
      message: '1 names for 2 columns',
    });
  });

  test('that throws between its rows ends the query at the row', async () => {
    await using tide = await opened();
    tide.tableFunction('halting', {
      parameters: ['INT'],
      columns: { n: 'INT' },
      *rows(n) {
        yield { n };
        if (n === 2) throw new Error('no more');
      },
    });
    expect((await refusal(tide, 'SELECT n FROM rides, LATERAL TABLE(halting(id))')).diagnostics[0]).toMatchObject({
      code: 'F017',
      message: 'halting failed: no more',
      notes: [{ message: 'at the row rides:2 (byte 1)' }, {}],
    });
  });
});
