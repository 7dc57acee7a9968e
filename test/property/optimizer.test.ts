import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../support/conformance/engine.ts';
import type { Answer } from '../support/conformance/engine-port.ts';
import { remainingTexts } from '../support/slt/row-text.ts';

type Type = 'INT' | 'STRING' | 'BOOLEAN';

/** A query in parentheses can stand wherever a table can; its columns are c0, c1, ... of these types. */
interface Query {
  readonly sql: string;
  readonly types: readonly Type[];
}

/** A run takes some 15 ms: two scripts from text to rows. */
const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 60 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 20;
const port = await openEngine();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-optimizer-'));
  await mkdir(join(folder, 'rows'));
  const lines = Array.from({ length: 140 }, (_, at) => {
    const some = <T>(every: number, value: T): T | null => (at % every === 0 ? null : value);
    const row = { i: some(5, (at * 7) % 11), s: some(7, ['Ab', 'cd', ''][at % 3]), b: some(4, at % 3 === 0) };
    const r = some(6, { x: some(3, at % 4), y: some(8, { z: some(9, `z${at % 2}`) }) });
    return JSON.stringify({ ...row, r, ts: `2024-01-01 00:00:${String((at * 3) % 60).padStart(2, '0')}` });
  });
  await writeFile(join(folder, 'rows', '0'), lines.map((line) => `${line}\n`).join(''));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const pick = (types: readonly Type[], type: Type): readonly string[] =>
  types.flatMap((each, at) => (each === type ? [`c${at}`] : []));

function expression(types: readonly Type[], type: Type, depth: number): fc.Arbitrary<string> {
  const literals: Record<Type, readonly string[]> = {
    INT: ['0', '1', '3', '-2', 'CAST(NULL AS INT)', '(2 * 3)'],
    STRING: ["'Ab'", "''", "'z1'", 'CAST(NULL AS STRING)'],
    BOOLEAN: ['TRUE', 'FALSE', 'CAST(NULL AS BOOLEAN)', '(1 = 1)', '(1 > 2)'],
  };
  const leaves = fc.constantFrom(...pick(types, type), ...pick(types, type), ...literals[type]);
  if (depth === 0) return leaves;
  const of = (inner: Type): fc.Arbitrary<string> => expression(types, inner, depth - 1);
  const shared = [
    fc.tuple(of('BOOLEAN'), of(type), of(type)).map(([c, a, b]) => `CASE WHEN ${c} THEN ${a} ELSE ${b} END`),
    fc.tuple(of(type), of(type)).map(([a, b]) => `COALESCE(${a}, ${b})`),
  ];
  const calls: Record<Type, fc.Arbitrary<string>[]> = {
    INT: [
      fc.tuple(of('INT'), fc.constantFrom('+', '-'), of('INT')).map((parts) => `(${parts.join(' ')})`),
      of('STRING').map((a) => `CHAR_LENGTH(${a})`),
    ],
    STRING: [
      of('STRING').map((a) => `LOWER(${a})`),
      fc.tuple(of('STRING'), of('STRING')).map(([a, b]) => `(${a} || ${b})`),
      of('INT').map((a) => `CAST(${a} AS STRING)`),
    ],
    BOOLEAN: [
      fc.tuple(of('BOOLEAN'), fc.constantFrom('AND', 'OR'), of('BOOLEAN')).map((parts) => `(${parts.join(' ')})`),
      of('BOOLEAN').map((a) => `(NOT ${a})`),
      of('INT').map((a) => `(${a} IS NULL)`),
      fc.tuple(of('INT'), fc.constantFrom('=', '<', '>=', '<>'), of('INT')).map((parts) => `(${parts.join(' ')})`),
      fc.tuple(of('STRING'), fc.constantFrom('=', '<>'), of('STRING')).map((parts) => `(${parts.join(' ')})`),
    ],
  };
  return fc.oneof(leaves, ...calls[type], ...shared);
}

const type = fc.constantFrom<Type>('INT', 'STRING', 'BOOLEAN');

const table: fc.Arbitrary<Query> = fc.constantFrom<Query>(
  {
    sql: 'SELECT i AS c0, s AS c1, b AS c2, r.x AS c3, r.y.z AS c4 FROM t',
    types: ['INT', 'STRING', 'BOOLEAN', 'INT', 'STRING'],
  },
  { sql: 'SELECT q.x AS c0, q.y.z AS c1 FROM (SELECT r AS q FROM t)', types: ['INT', 'STRING'] },
  {
    sql: `SELECT CAST(COUNT(*) AS INT) AS c0, s AS c1, r.x AS c2 FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '20' SECOND)
          GROUP BY window_start, window_end, s, r.x`,
    types: ['INT', 'STRING', 'INT'],
  },
  {
    sql: `SELECT i AS c0, CAST(window_start AS STRING) AS c1 FROM HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)`,
    types: ['INT', 'STRING'],
  },
);

function query(depth: number): fc.Arbitrary<Query> {
  if (depth === 0) return table;
  const inner = query(depth - 1);
  const selected = (from: Query): fc.Arbitrary<Query> =>
    fc.array(type, { minLength: 1, maxLength: 4 }).chain((types) =>
      fc.tuple(...types.map((each) => expression(from.types, each, 2))).map((columns) => ({
        sql: `SELECT ${columns.map((column, at) => `${column} AS c${at}`).join(', ')} FROM (${from.sql})`,
        types,
      })),
    );
  const filtered = inner.chain((from) =>
    expression(from.types, 'BOOLEAN', 3).map((condition) => ({
      sql: `SELECT * FROM (${from.sql}) WHERE ${condition}`,
      types: from.types,
    })),
  );
  const united = inner.chain((from) =>
    fc.tuple(expression(from.types, 'BOOLEAN', 1), selected(from)).map(([condition, other]) => {
      const types: readonly Type[] = ['INT', 'STRING'];
      const side = ({ sql, types: its }: Query): string =>
        `SELECT ${types.map((each, at) => `${pick(its, each)[0] ?? `CAST(NULL AS ${each})`} AS c${at}`).join(', ')} FROM (${sql})`;
      return {
        sql: `${side({ ...from, sql: `SELECT * FROM (${from.sql}) WHERE ${condition}` })} UNION ALL ${side(other)}`,
        types,
      };
    }),
  );
  const grouped = inner.chain((from) =>
    fc
      .tuple(
        expression(from.types, 'STRING', 1),
        expression(from.types, 'INT', 1),
        expression(from.types, 'BOOLEAN', 1),
      )
      .map(
        ([key, value, condition]): Query => ({
          sql: `SELECT k AS c0, CAST(COUNT(*) FILTER (WHERE f) AS INT) AS c1, SUM(v) AS c2
              FROM (SELECT ${key} AS k, ${value} AS v, ${condition} AS f FROM (${from.sql})) GROUP BY k`,
          types: ['STRING', 'INT', 'INT'],
        }),
      ),
  );
  return fc.oneof(inner.chain(selected), filtered, filtered, united, grouped);
}

async function answer(sql: string, optimizer: 'on' | 'off'): Promise<readonly string[]> {
  const script = `CREATE TABLE t (i INT, s STRING, b BOOLEAN, r ROW<x INT, y ROW<z STRING>>, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = '${join(folder, 'rows')}', 'format' = 'json');
    ${sql};`;
  const settings = optimizer === 'off' ? { 'tidemark.optimizer': 'off' } : {};
  const answers: Answer[] = [];
  for await (const each of port.run(script, { scriptName: 'property', settings })) answers.push(each);
  const [only] = answers;
  if (only === undefined) return ['no answer'];
  if ('error' in only) return [`${only.error.code} ${only.error.message}`];
  return [only.columns.map(({ name, type: its }) => `${name} ${its}`).join(', '), ...remainingTexts(only.rows)];
}

test('any query answers the same with the optimizer on and off', { timeout: 1_200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(query(4), async ({ sql }) => {
      expect(await answer(sql, 'on')).toEqual(await answer(sql, 'off'));
    }),
    { numRuns: runs },
  );
});
