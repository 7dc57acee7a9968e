import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';

/** How a script is refused: the code, and what to do instead. */
async function refusal(sql: string): Promise<string | null> {
  for await (const event of new Engine().run(new SourceText('script.sql', sql))) {
    const [first] = event.kind === 'refused' ? event.diagnostics : [];
    if (first !== undefined) return `${first.code} ${first.help ?? ''}`;
  }
  return null;
}

test.each([
  ['UPDATE t SET a = 1', /^B039 .*INSERT INTO/],
  ['DELETE FROM t', /^B039 filter/],
  ['TRUNCATE TABLE t', /^B039 delete the files/],
  ['ANALYZE TABLE t COMPUTE STATISTICS', /^B039 EXPLAIN ESTIMATED_COST/],
  ['CALL sys.compact(1)', /^B039 /],
  ["STOP JOB 'abc'", /^B052 no job runs/],
  ["STOP JOB '1' WITH SAVEPOINT", /^B052 no job runs/],
  ['BEGIN STATEMENT SET', /^B039 write EXECUTE STATEMENT SET/],
  ["ADD JAR '/a.jar'", /^B039 leave the statement out/],
  ['LOAD MODULE hive', /^B039 its functions/],
  ['USE MODULES hive', /^B014 there is: core/],
  ["CREATE TEMPORARY FUNCTION f AS 'a.B'", /^W004 classes of the JVM/],
  ['CREATE MATERIALIZED TABLE m AS SELECT 1 AS a', /^W001 write CREATE TABLE/],
  ["CREATE MODEL m WITH ('provider' = 'x')", /^W001 call the model/],
])('%s is refused with what to do instead', async (sql, expected) => {
  expect(await refusal(sql)).toMatch(expected);
});

test('USE MODULES core changes nothing', async () => {
  expect(await refusal('USE MODULES core')).toBe(null);
});
