import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const tables = `
  CREATE TABLE rows_in (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE changes_in (id INT, k STRING, v INT, PRIMARY KEY (id) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE others_in (id INT, k STRING, w INT, PRIMARY KEY (id) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE by_id (id INT, v INT, w INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'blackhole');
  CREATE TABLE all_out (k STRING, n BIGINT) WITH ('connector' = 'print');
  CREATE TABLE upserts_out (k STRING, n BIGINT) WITH ('connector' = 'blackhole');
  CREATE TABLE by_k (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
  CREATE TABLE by_both (k STRING, n BIGINT, PRIMARY KEY (k, n) NOT ENFORCED) WITH ('connector' = 'blackhole');
  CREATE TABLE by_n (k STRING, n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'blackhole');
`;

/** The plan as EXPLAIN CHANGELOG_MODE shows it: what each node does in a word, and what stands behind it. */
async function modes(statement: string, settings: Record<string, string> = {}): Promise<readonly string[]> {
  const source = new SourceText('plan.sql', `${tables} EXPLAIN CHANGELOG_MODE ${statement}`);
  let text = '';
  for await (const event of new Engine({ memory, settings }).run(source)) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('; '));
    if (event.kind === 'rows') text = String(event.rows[0]?.values[0]);
  }
  const lines = text.split('\n').filter((line) => line.includes('changelogMode='));
  return lines.map((line) => line.replace(/^[ │├└─]*(\S+).*?(upsert\S+, )?changelogMode=/, '$1 $2'));
}

describe('the rows that updates replace are sent where somebody needs them', () => {
  test('to a sink that takes every change', async () => {
    expect(await modes('INSERT INTO all_out SELECT k, COUNT(*) FROM rows_in GROUP BY k')).toEqual([
      'sink [I,UB,UA]',
      'project [I,UB,UA], keys=[(k)]',
      'aggregate [I,UB,UA], keys=[(k)]',
      'scan [I]',
    ]);
  });

  test('not to a sink that takes upserts', async () => {
    expect(await modes('INSERT INTO upserts_out SELECT k, COUNT(*) FROM rows_in GROUP BY k')).toEqual([
      'sink [I,UA]',
      'project [I,UA], keys=[(k)]',
      'aggregate [I,UA], keys=[(k)]',
      'scan [I]',
    ]);
  });

  test('nor by a source whose changes nobody needs whole', async () => {
    expect(await modes('INSERT INTO upserts_out SELECT k, CAST(v AS BIGINT) FROM changes_in WHERE id > 3')).toEqual([
      'sink [I,UA,D]',
      'project [I,UA,D]',
      'filter [I,UA,D], keys=[(id)]',
      'scan [I,UA,D], keys=[(id)]',
    ]);
  });

  test('through a filter by a column that an update may change', async () => {
    expect(await modes('INSERT INTO upserts_out SELECT k, CAST(v AS BIGINT) FROM changes_in WHERE v > 3')).toEqual([
      'sink [I,UB,UA,D]',
      'project [I,UB,UA,D]',
      'filter [I,UB,UA,D]',
      'scan [I,UB,UA,D]',
    ]);
  });

  test('to an aggregate over an aggregate', async () => {
    const inner = 'SELECT COUNT(*) AS n FROM rows_in GROUP BY k';
    expect(await modes(`INSERT INTO upserts_out SELECT 'x', COUNT(*) FROM (${inner}) GROUP BY n`)).toEqual([
      'sink [I,UA,D]',
      'project [I,UA,D]',
      'aggregate [I,UA,D], keys=[(n)]',
      'project [I,UB,UA]',
      'aggregate [I,UB,UA], keys=[(k)]',
      'scan [I]',
    ]);
  });
});

describe('a sink with a primary key', () => {
  const counts = 'SELECT k, COUNT(*) FROM rows_in WHERE k IS NOT NULL GROUP BY k';
  const sinkOf = async (table: string, settings: Record<string, string> = {}): Promise<string | undefined> =>
    (await modes(`INSERT INTO ${table} ${counts}`, settings))[0];

  test('that is the key of the query gets upserts', async () => {
    expect(await sinkOf('by_k')).toBe('sink [I,UA]');
  });

  test('that is wider is told which of its rows are gone', async () => {
    expect(await sinkOf('by_both')).toBe('sink [I,UB,UA]');
  });

  test('under which rows of the query may meet has them kept before it', async () => {
    expect(await sinkOf('by_n')).toBe('sink upsertMaterialize=[true], [I,UB,UA]');
    expect(await sinkOf('by_n', { 'table.exec.sink.upsert-materialize': 'NONE' })).toBe('sink [I,UB,UA]');
    expect(await sinkOf('by_k', { 'table.exec.sink.upsert-materialize': 'FORCE' })).toBe(
      'sink upsertMaterialize=[true], [I,UB,UA]',
    );
  });

  test('is not in the way of rows that are only inserted', async () => {
    expect((await modes("INSERT INTO by_n SELECT k, 1 FROM rows_in WHERE k = 'a'"))[0]).toBe('sink [I]');
  });

  test.each([
    ['by a key that both sides have', 'JOIN others_in b ON a.id = b.id', 'LEFT JOIN others_in b ON a.id = b.id', false],
    ['by another column', 'JOIN others_in b ON a.k = b.k', 'LEFT JOIN others_in b ON a.k = b.k', true],
    ['by more than the key', 'JOIN others_in b ON a.id = b.id AND a.k = b.k', 'JOIN others_in b ON a.id = b.w', true],
    ['that asks for more', 'JOIN others_in b ON a.id = b.id AND a.v > b.w', 'JOIN others_in b ON a.id < b.id', true],
  ])('joined %s', async (_, one, other, isNeeded) => {
    for (const join of [one, other]) {
      const plan = await modes(`INSERT INTO by_id SELECT a.id, a.v, b.w FROM changes_in a ${join}`);
      const scans = plan.filter((line) => line.startsWith('scan'));
      for (const scan of scans) expect([join, scan.includes('UB')]).toEqual([join, isNeeded]);
    }
  });
});
