import { RecordBatch, tableFromArrays } from 'apache-arrow';
import { finalize, from, lastValueFrom, NEVER, Subject, take, toArray } from 'rxjs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { DiagnosticError, type InputOf, type InputRow, type OutputRow, Tidemark, type ValueOf } from '../src/index.ts';

const payments = {
  columns: { card: 'STRING', amount: 'DECIMAL(10, 2)', paid_at: 'TIMESTAMP(3)' },
  watermark: { column: 'paid_at', delay: '5 seconds' },
} as const;

const perMinute = `
  SELECT card, COUNT(*) AS n, SUM(amount) AS total, window_end
  FROM TUMBLE(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE)
  GROUP BY card, window_start, window_end`;

const at = (clock: string): Date => new Date(`2024-01-01T${clock}Z`);

const rows = [
  { card: 'a', amount: '10.50', paid_at: at('00:00:10') },
  { card: 'b', amount: 3, paid_at: at('00:00:20') },
  { card: 'a', amount: 1n, paid_at: '2024-01-01 00:00:30' },
  { card: 'a', amount: '2', paid_at: at('00:01:10') },
];

const totals = [
  { card: 'a', n: 2n, total: '11.50', window_end: at('00:01:00') },
  { card: 'b', n: 1n, total: '3.00', window_end: at('00:01:00') },
  { card: 'a', n: 1n, total: '2.00', window_end: at('00:02:00') },
];

async function refusal(work: Promise<unknown>): Promise<DiagnosticError> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(DiagnosticError);
  return thrown as DiagnosticError;
}

describe('a table of the program', () => {
  test('may be an array; each query reads it from the start', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', rows, payments);
    const query = tide.query(perMinute);
    expect(await query.toArray()).toEqual(totals);
    expect(await query.toArray()).toEqual(totals);
  });

  test('may be an async iterable, of rows or of lists of rows', async () => {
    await using tide = await Tidemark.open();
    async function* pages() {
      yield rows.slice(0, 2);
      yield* rows.slice(2);
    }
    tide.table('payments', { [Symbol.asyncIterator]: pages }, payments);
    expect(await tide.query(perMinute).toArray()).toEqual(totals);
  });

  test('may be an Observable', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', from(rows), payments);
    expect(await tide.query(perMinute).toArray()).toEqual(totals);
  });

  test('over an Observable that is faster than the query fails it when its buffer is full', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', from(rows), { ...payments, bufferRows: 3 });
    const { diagnostics } = await refusal(tide.query(perMinute).toArray());
    expect(diagnostics[0]).toMatchObject({
      code: 'F016',
      message: 'more than 3 rows of "payments" wait for the query',
    });
  });

  test('may be Arrow record batches', async () => {
    await using tide = await Tidemark.open();
    const { batches } = tableFromArrays({ id: Int32Array.of(1, 2, 3), score: Float64Array.of(0.5, 1.5, 2.5) });
    tide.arrowTable('scores', batches, { columns: { id: 'INT', score: 'DOUBLE' } });
    expect(await tide.query('SELECT id, score FROM scores WHERE score > 1').toArray()).toEqual([
      { id: 2, score: 1.5 },
      { id: 3, score: 2.5 },
    ]);
  });

  test('gives the failure of its source to the query', async () => {
    await using tide = await Tidemark.open();
    async function* broken() {
      yield rows[0]!;
      throw new Error('the service is gone');
    }
    tide.table('payments', { [Symbol.asyncIterator]: broken }, payments);
    await expect(tide.query(perMinute).toArray()).rejects.toThrow('the service is gone');
  });

  test('refuses a value of another type with the row and the column', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', [...rows, { card: 'a', amount: 'much', paid_at: null }], payments);
    const { diagnostics } = await refusal(tide.query(perMinute).toArray());
    expect(diagnostics[0]).toMatchObject({
      code: 'F012',
      message: 'could not take "amount" as DECIMAL(10, 2): expected a string of digits for DECIMAL(10, 2)',
    });
    expect(diagnostics[0]?.span?.source.position(diagnostics[0].span.start)).toEqual({ line: 5, column: 13 });
  });

  test('refuses a wrong declaration at its place in the CREATE TABLE that it stands for', async () => {
    await using tide = await Tidemark.open();
    const declare = (): void => tide.table('t', [], { columns: { a: 'INTT' } });
    expect(declare).toThrow(/^table "t":2:7: error\[/);
  });
});

describe('a table that is pushed into', () => {
  test('keeps what comes before the first query, and ends its windows when it ends', async () => {
    await using tide = await Tidemark.open();
    const table = tide.pushTable('payments', payments);
    await table.push(rows.slice(0, 2));
    const result = tide.query(perMinute).toArray();
    for (const row of rows.slice(2)) await table.push(row);
    table.end();
    expect(await result).toEqual(totals);
    await expect(table.push(rows)).rejects.toThrow('the table "payments" has ended');
  });

  test('makes who pushes wait while its buffer is full', async () => {
    await using tide = await Tidemark.open();
    const table = tide.pushTable('numbers', { columns: { n: 'INT' }, bufferRows: 2 });
    await table.push({ n: 1 });
    let isTaken = false;
    const pushed = table.push({ n: 2 }).then(() => {
      isTaken = true;
    });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false); // -- nobody reads
    const seen = lastValueFrom(tide.query('SELECT n FROM numbers').rows$.pipe(take(2), toArray()));
    await pushed;
    expect((await seen).map(({ row }) => row)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('sends a window as soon as the row comes that closes it', async () => {
    await using tide = await Tidemark.open();
    const table = tide.pushTable('payments', payments);
    const changes = tide.query(perMinute)[Symbol.asyncIterator]();
    const first = changes.next();
    await table.push(rows[0]!);
    await table.push({ card: 'z', amount: 0, paid_at: at('00:01:05') }); // -- the watermark comes to 00:01:00
    expect((await first).value).toEqual({ kind: '+I', row: { ...totals[0], n: 1n, total: '10.50' } });
    await changes.return(undefined);
  });

  test('gives several jobs the rows that come after they began', async () => {
    await using tide = await Tidemark.open();
    const table = tide.pushTable('numbers', { columns: { n: 'INT' } });
    const all = tide.query<{ n: number }>('SELECT n FROM numbers').toArray();
    await table.push([{ n: 1 }, { n: 2 }]);
    const later = tide.query<{ n: number }>('SELECT n FROM numbers').toArray();
    await new Promise((resolve) => setImmediate(resolve));
    await table.push({ n: 3 });
    table.end();
    expect((await all).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect((await later).map(({ n }) => n)).toEqual([3]);
  });
});

describe('a query', () => {
  const plays = { columns: { player: 'STRING NOT NULL', points: 'INT NOT NULL' } } as const;
  const leaders = `
    SELECT player, score FROM (
      SELECT player, score, ROW_NUMBER() OVER (ORDER BY score DESC) AS place
      FROM (SELECT player, SUM(points) AS score FROM plays GROUP BY player))
    WHERE place <= 2`;

  test('tells the changes of its result with their kind', async () => {
    await using tide = await Tidemark.open({ settings: { 'tidemark.batch-size': '1' } });
    tide.table(
      'plays',
      [
        { player: 'ade', points: 3 },
        { player: 'ade', points: 4 },
      ],
      plays,
    );
    const changes = [];
    for await (const change of tide.query('SELECT player, SUM(points) AS score FROM plays GROUP BY player'))
      changes.push(`${change.kind} ${String(change.row.score)}`);
    expect(changes).toEqual(['+I 3', '-U 3', '+U 7']);
  });

  test('shows its result as it stands after each change', async () => {
    await using tide = await Tidemark.open();
    const table = tide.pushTable('plays', plays);
    const boards: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      tide.query(leaders).table$.subscribe({ next: (board) => boards.push(board), complete: resolve });
    });
    await table.push([
      { player: 'noor', points: 5 },
      { player: 'ilya', points: 3 },
    ]);
    await expect.poll(() => boards.length).toBe(1);
    await table.push({ player: 'ade', points: 4 });
    table.end();
    await done;
    expect(boards[0]).toEqual([
      { player: 'noor', score: 5 },
      { player: 'ilya', score: 3 },
    ]);
    expect(boards.at(-1)).toEqual([
      { player: 'noor', score: 5 },
      { player: 'ade', score: 4 },
    ]);
  });

  test('gives Arrow record batches with the kinds of their rows', async () => {
    await using tide = await Tidemark.open();
    tide.table(
      'plays',
      [
        { player: 'noor', points: 5 },
        { player: 'ade', points: 4 },
      ],
      plays,
    );
    const batches = [];
    for await (const each of tide.query('SELECT player, points FROM plays').batches()) batches.push(each);
    expect(batches.map(({ kinds }) => kinds)).toEqual([['+I', '+I']]);
    expect(batches[0]?.batch).toBeInstanceOf(RecordBatch);
    expect(batches[0]?.batch.toArray().map((row) => row?.toJSON())).toEqual([
      { player: 'noor', points: 5 },
      { player: 'ade', points: 4 },
    ]);
  });

  test('stops its job when who subscribed leaves', async () => {
    await using tide = await Tidemark.open();
    let left = false;
    const rows = new Subject<{ player: string; points: number }>();
    const source = rows.pipe(
      finalize(() => {
        left = true;
      }),
    );
    tide.table('plays', source, plays);
    const seen: number[] = [];
    const subscription = tide
      .query<{ points: number }>('SELECT points FROM plays')
      .rows$.subscribe(({ row }) => seen.push(row.points));
    await expect.poll(() => rows.observed).toBe(true);
    rows.next({ player: 'noor', points: 5 });
    await expect.poll(() => seen).toEqual([5]);
    subscription.unsubscribe();
    await expect.poll(() => left).toBe(true);
  });

  test('holds values in the forms of the program', async () => {
    await using tide = await Tidemark.open();
    const [row] = await tide
      .query(`SELECT CAST(9007199254740993 AS BIGINT) AS big, CAST('1.10' AS DECIMAL(5, 2)) AS exact, 0.5e0 AS half,
        TIMESTAMP '2024-01-01 00:00:00.5' AS at_ms, TIMESTAMP '2024-01-01 00:00:00.123456' AS at_us,
        DATE '2024-02-29' AS d, TIME '12:30:00' AS t, ARRAY[1, 2] AS list, MAP['a', 1] AS pairs,
        ROW(1, 'x') AS r, x'00ff' AS hex, CAST(NULL AS INT) AS nothing, INTERVAL '2' HOUR AS span`)
      .toArray();
    expect(row).toEqual({
      big: 9_007_199_254_740_993n,
      exact: '1.10',
      half: 0.5,
      at_ms: new Date('2024-01-01T00:00:00.500Z'),
      at_us: '2024-01-01 00:00:00.123456',
      d: '2024-02-29',
      t: '12:30:00',
      list: [1, 2],
      pairs: new Map([['a', 1]]),
      r: { EXPR$0: 1, EXPR$1: 'x' },
      hex: Uint8Array.of(0, 255),
      nothing: null,
      span: 7_200_000,
    });
  });

  test('knows its columns without running', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', NEVER, payments);
    expect((await tide.query(perMinute).columns()).map(({ name }) => name)).toEqual([
      'card',
      'n',
      'total',
      'window_end',
    ]);
  });

  test('may be SHOW, DESCRIBE or EXPLAIN', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', rows, payments);
    expect(await tide.query('SHOW TABLES').toArray()).toEqual([{ 'table name': 'payments' }]);
  });

  test('refuses what is wrong with its place', async () => {
    await using tide = await Tidemark.open();
    tide.table('payments', rows, payments);
    const { diagnostics } = await refusal(tide.query('SELECT crad FROM payments').toArray());
    expect(diagnostics[0]).toMatchObject({ code: 'B003', help: 'did you mean "card"?' });
    expect(diagnostics[0]?.span).toMatchObject({ start: 7, end: 11 });
    expect(() => tide.query('SELECT 1; SELECT 2')).toThrow('query takes one statement');
    expect(() => tide.query('DROP TABLE payments')).toThrow('query takes a statement that answers with rows');
  });
});

describe('jobs', () => {
  test('run at the same time, tell where they stand, and are cancelled one by one', async () => {
    await using tide = await Tidemark.open();
    const numbers = tide.pushTable('numbers', { columns: { n: 'INT' } });
    const [first, second] = await tide.execute(`
      CREATE TABLE everything (n INT) WITH ('connector' = 'blackhole');
      CREATE TABLE even (n INT) WITH ('connector' = 'blackhole');
      INSERT INTO everything SELECT n FROM numbers;
      INSERT INTO even SELECT n FROM numbers WHERE MOD(n, 2) = 0;`);
    expect(tide.jobs.length).toBe(2);
    await expect.poll(() => [first?.progress.shards, second?.progress.shards]).toEqual([1, 1]);
    await numbers.push([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await expect.poll(() => [first?.progress.events, second?.progress.events]).toEqual([3, 3]);
    await first?.cancel();
    expect(await first?.done).toMatchObject({ outcome: 'cancelled', events: 3 });
    expect(tide.jobs).toEqual([second]);
    await numbers.push({ n: 4 });
    numbers.end();
    expect(await second?.done).toMatchObject({ outcome: 'finished', events: 4 });
    expect(second?.metrics.map(({ rowsIn, rowsOut }) => [rowsIn, rowsOut])).toEqual([[4, 2]]);
  });

  test('that fail reject their promise, and no other', async () => {
    await using tide = await Tidemark.open();
    tide.table('texts', [{ t: '1' }, { t: 'x' }], { columns: { t: 'STRING' } });
    const [job] = await tide.execute(`
      CREATE TABLE sink (n INT) WITH ('connector' = 'blackhole');
      INSERT INTO sink SELECT CAST(t AS INT) FROM texts;`);
    expect((await refusal(job!.done)).diagnostics[0]).toMatchObject({ code: 'F001' });
  });

  test('are refused before they begin', async () => {
    await using tide = await Tidemark.open();
    const { diagnostics } = await refusal(tide.execute('INSERT INTO nowhere SELECT 1'));
    expect(diagnostics[0]).toMatchObject({ code: 'B001' });
    await expect(tide.execute('SELECT 1')).rejects.toThrow('execute gives no rows');
  });

  test('end with the handle', async () => {
    const tide = await Tidemark.open();
    tide.pushTable('numbers', { columns: { n: 'INT' } });
    const [job] = await tide.execute(`
      CREATE TABLE sink (n INT) WITH ('connector' = 'blackhole'); INSERT INTO sink SELECT n FROM numbers;`);
    const query = tide.query('SELECT n FROM numbers').toArray();
    await tide.close();
    expect((await job!.done).outcome).toBe('cancelled');
    expect(await query).toEqual([]);
  });
});

test('types of rows follow from the declared columns', () => {
  type Declared = {
    readonly card: 'STRING NOT NULL';
    readonly amount: 'DECIMAL(10, 2)';
    readonly n: 'BIGINT NOT NULL';
    readonly paid_at: 'TIMESTAMP(3) NOT NULL';
    readonly exact_at: 'TIMESTAMP(6)';
    readonly tags: 'ARRAY<STRING NOT NULL> NOT NULL';
  };
  expectTypeOf<OutputRow<Declared>>().toEqualTypeOf<{
    readonly card: string;
    readonly amount: string | null;
    readonly n: bigint;
    readonly paid_at: Date;
    readonly exact_at: string | null;
    readonly tags: readonly string[];
  }>();
  expectTypeOf<{ card: string; n: number; paid_at: Date; tags: string[] }>().toExtend<InputRow<Declared>>();
  expectTypeOf<{ card: number; n: number; paid_at: Date; tags: string[] }>().not.toExtend<InputRow<Declared>>();
  expectTypeOf<{ n: number; paid_at: Date; tags: string[] }>().not.toExtend<InputRow<Declared>>();
});

test('nested types are those of their parts', () => {
  expectTypeOf<
    ValueOf<'ROW<a INT NOT NULL, `b c` DECIMAL(10, 2), d ROW<e ARRAY<BIGINT>> NOT NULL> NOT NULL'>
  >().toEqualTypeOf<{
    readonly a: number;
    readonly 'b c': string | null;
    readonly d: { readonly e: readonly (bigint | null)[] | null };
  }>();
  expectTypeOf<ValueOf<'MAP<DECIMAL(4, 1) NOT NULL, MAP<STRING NOT NULL, INT>> NOT NULL'>>().toEqualTypeOf<
    ReadonlyMap<string, ReadonlyMap<string, number | null> | null>
  >();
  expectTypeOf<{ a: number; d: { e: [1n] } }>().toExtend<
    InputOf<'ROW<a INT NOT NULL, d ROW<e ARRAY<BIGINT>>, f STRING>'>
  >();
  expectTypeOf<{ d: null }>().not.toExtend<InputOf<'ROW<a INT NOT NULL, d INT>'>>();
});
