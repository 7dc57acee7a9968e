import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';

/** The errors of a script's statement that is refused, each with its place. */
async function errorsOf(sql: string): Promise<readonly string[]> {
  const engine = new Engine();
  const found: string[] = [];
  for await (const event of engine.run(new SourceText('test', sql))) {
    if (event.kind !== 'refused') continue;
    for (const { code, span, message } of event.diagnostics) {
      const place = span?.source.position(span.start);
      found.push(`${code} ${place?.line}:${place?.column} ${message}`);
    }
  }
  engine.close();
  return found;
}

const table = `CREATE TABLE t (a INT, b INT, ts TIMESTAMP(3), c AS a + b, WATERMARK FOR ts AS ts) WITH ('connector' = 'blackhole');\n`;

describe('mistakes that have nothing to do with each other are all told', () => {
  test('of columns that cannot be dropped', async () => {
    expect(await errorsOf(`${table}ALTER TABLE t DROP (b, ts, z);`)).toEqual([
      'B003 2:28 unknown column "z"',
      'B018 2:21 column "b" is read by the computed column "c"',
      'B018 2:24 column "ts" is read by the watermark',
    ]);
  });

  test('of what ADD adds', async () => {
    const sql = `${table}ALTER TABLE t ADD (a INT, d INT AFTER z, e NOTHING, WATERMARK FOR a AS a);`;
    expect(await errorsOf(sql)).toEqual([
      'B013 2:20 "t" has a column "a" already',
      'B003 2:39 unknown column "z" behind AFTER',
      'B016 2:44 unknown type "NOTHING"',
      'B035 2:53 "t" has a watermark already',
    ]);
  });

  test('of a table that is declared', async () => {
    const sql = `CREATE TABLE t (a INT, a INT, b NOTHING, PRIMARY KEY (z) NOT ENFORCED) DISTRIBUTED BY (y) WITH ('connector' = 'blackhole');`;
    expect(await errorsOf(sql)).toEqual([
      'B016 1:33 unknown type "NOTHING"',
      'B013 1:24 column "a" is declared twice',
      'B003 1:42 unknown column "z" in the primary key',
      'B003 1:88 "y" is no physical column to distribute by',
    ]);
  });

  test('of a catalog', async () => {
    expect(await errorsOf(`CREATE CATALOG c WITH ('type' = 'cloud', 'path' = 'x');`)).toEqual([
      "O006 1:33 unknown type of catalog 'cloud'",
      'O001 1:42 a catalog in memory has no option "path"',
    ]);
  });
});
