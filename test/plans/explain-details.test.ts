import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const tables = `
  CREATE TABLE clicks (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE by_n (k STRING, n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'blackhole');
`;

/** A section of what EXPLAIN answers. */
async function section(explain: string, title: string, settings: Record<string, string> = {}): Promise<string> {
  let text = '';
  for await (const event of new Engine({ memory, settings }).run(new SourceText('e.sql', `${tables} ${explain}`))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('; '));
    if (event.kind === 'rows') text = String(event.rows[0]?.values[0]);
  }
  const from = text.indexOf(`== ${title} ==`);
  const next = text.indexOf('\n== ', from + 1);
  return from < 0 ? '' : text.slice(from, next < 0 ? undefined : next).trim();
}

const counts = 'SELECT k, COUNT(*) AS n FROM clicks GROUP BY k';

describe('EXPLAIN tells beside the plan', () => {
  test('with ESTIMATED_COST what each step costs and keeps', async () => {
    const plan = await section(`EXPLAIN ESTIMATED_COST ${counts}`, 'Logical Plan');
    expect(plan).toContain('cost={O(1) a row, O(keys) kept}');
    expect(plan).toContain('cost={O(1) a row, nothing kept}');
  });

  test('with PLAN_ADVICE what grows for ever', async () => {
    expect(await section(`EXPLAIN PLAN_ADVICE ${counts}`, 'Plan Advice')).toBe(
      "== Plan Advice ==\nadvice[1]: the aggregate by k keeps a row for each key for ever: bound it by 'table.exec.state.ttl', or aggregate by windows",
    );
    expect(await section('EXPLAIN PLAN_ADVICE SELECT k FROM clicks', 'Plan Advice')).toBe(
      '== Plan Advice ==\nNo advice.',
    );
    expect(await section(`EXPLAIN PLAN_ADVICE INSERT INTO by_n ${counts}`, 'Plan Advice')).toContain(
      'the rows of each key of "by_n" are kept',
    );
  });

  test('with PLAN_ADVICE and ESTIMATED_COST what keeps the matches of a pattern apart', async () => {
    const match = (pattern: string, define: string): string =>
      `SELECT * FROM clicks MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS a AFTER MATCH SKIP PAST LAST ROW PATTERN ${pattern} DEFINE ${define})`;
    const shown = async (pattern: string, define: string): Promise<string> =>
      `${await section(`EXPLAIN PLAN_ADVICE ${match(pattern, define)}`, 'Plan Advice')}
       ${await section(`EXPLAIN ESTIMATED_COST ${match(pattern, define)}`, 'Logical Plan')}`;
    const together = await shown('(A B+ C)', 'B AS B.v > LAST(B.v, 1)');
    expect(together).toContain('those of matches begun a state, the first one, until a row ends the match');
    expect(together).toContain('cost={O(log rows ahead) a row');
    expect(together).not.toContain('a row costs the pattern a step');
    const apart = await shown('(A B+ C)', 'B AS B.v > A.v');
    expect(apart).toContain('each by itself, at most 1048576 a partition');
    expect(apart).toContain('cost={O(log rows ahead + matches begun) a row');
    expect(apart).toContain('because the condition of "B" looks back at rows that differ between them');
    expect(await shown("(A B*? C D) WITHIN INTERVAL '1' HOUR", 'B AS B.v > 0')).toContain(
      'a row costs the pattern a step for each match begun in its partition, because a row may go to "C" and to a variable before it',
    );
  });

  test('with JSON_EXECUTION_PLAN the graph as data', async () => {
    const text = await section(`EXPLAIN JSON_EXECUTION_PLAN INSERT INTO by_n ${counts}`, 'Physical Execution Plan');
    const { nodes } = JSON.parse(text.slice(text.indexOf('{'))) as {
      readonly nodes: readonly { readonly id: string; readonly type: string; readonly inputs?: readonly string[] }[];
    };
    expect(nodes.map(({ type }) => type)).toEqual(['source', 'aggregate', 'upsert-materialize', 'sink']);
    expect(nodes.map(({ inputs }) => inputs)).toEqual([undefined, [nodes[0]?.id], [nodes[1]?.id], [nodes[2]?.id]]);
  });

  test('nothing more where nothing is asked', async () => {
    expect(await section(`EXPLAIN ${counts}`, 'Plan Advice')).toBe('');
    expect(await section(`EXPLAIN ${counts}`, 'Logical Plan')).not.toContain('cost=');
  });
});
