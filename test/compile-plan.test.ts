import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import { Memory } from '../src/memory/memory.ts';

const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-plan-'));
  writeFileSync(join(folder, 'in.json'), '{"k":"a","v":1}\n{"k":"b","v":2}\n{"k":"a","v":3}\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a script answers, and how it is refused. */
async function run(engine: Engine, sql: string): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const event of engine.run(new SourceText('script.sql', sql.replaceAll('${dir}', folder)))) {
    if (event.kind === 'rows') seen.push(...event.rows.map(({ values }) => values));
    if (event.kind !== 'refused') continue;
    for (const { code, message, notes } of event.diagnostics)
      seen.push([`${code} ${message}`, ...notes.map((note) => note.message)].join('; '));
  }
  return seen;
}

const tables = `
  CREATE TABLE src (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '\${dir}/in.json', 'format' = 'json');
  CREATE VIEW doubled AS SELECT k, v * 2 AS v FROM src WHERE v BETWEEN 1 AND 9;
  CREATE TABLE low (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '\${dir}/low', 'format' = 'csv');
  CREATE TABLE high (v INT) WITH ('connector' = 'filesystem', 'path' = '\${dir}/high', 'format' = 'csv');
`;
const statementSet = `STATEMENT SET BEGIN
  INSERT INTO low SELECT k, v FROM doubled WHERE v < 4;
  INSERT INTO high SELECT v FROM doubled WHERE v >= 4;
END`;

beforeEach(() => {
  for (const name of ['low', 'high', 'p.json']) rmSync(join(folder, name), { recursive: true, force: true });
});

describe('a plan that was compiled', () => {
  test('runs in a session that knows none of its tables', async () => {
    expect(await run(new Engine({ memory }), `${tables} COMPILE PLAN '\${dir}/p.json' FOR ${statementSet};`)).toEqual(
      [],
    );
    const fresh = new Engine({ memory });
    expect(await run(fresh, `EXECUTE PLAN '\${dir}/p.json';`)).toEqual([]);
    const read = `${tables} SELECT * FROM low; SELECT * FROM high;`;
    expect(await run(fresh, read)).toEqual([['a', 2], [4], [6]]);
  });

  test('does not depend on the current database', async () => {
    await run(
      new Engine({ memory }),
      `${tables} COMPILE PLAN '\${dir}/p.json' FOR INSERT INTO high SELECT v FROM doubled;`,
    );
    const sql = `CREATE DATABASE other; USE other; EXECUTE PLAN '\${dir}/p.json';
      USE default_database; ${tables} SELECT COUNT(*) FROM high;`;
    expect((await run(new Engine({ memory }), sql)).at(-1)).toEqual([3n]);
  });

  test('is executed at once when it is asked so, and again from its file', async () => {
    const once = `COMPILE AND EXECUTE PLAN '\${dir}/p.json' FOR INSERT INTO high SELECT v FROM doubled;`;
    await run(new Engine({ memory }), tables + once);
    expect((await run(new Engine({ memory }), `${tables}${once} SELECT COUNT(*) FROM high;`)).at(-1)).toEqual([6n]);
  });

  test('is refused when a table is another now', async () => {
    const engine = new Engine({ memory });
    await run(engine, `${tables} COMPILE PLAN '\${dir}/p.json' FOR INSERT INTO high SELECT v FROM doubled;`);
    const another = (name: string): string =>
      `B051 "default_catalog.default_database.${name}" is another now than when "${folder}/p.json" was compiled`;
    const altered = `ALTER TABLE src MODIFY v BIGINT; ALTER TABLE high SET ('csv.field-delimiter' = ';');`;
    expect(await run(engine, `${altered} EXECUTE PLAN '\${dir}/p.json';`)).toEqual([
      `${another('src')}; then: \`v\` INT; now: \`v\` BIGINT`,
      `${another('high')}; now: 'csv.field-delimiter' = ';'`,
    ]);
  });

  test('is refused when it would be planned otherwise', async () => {
    await run(
      new Engine({ memory }),
      `${tables} COMPILE PLAN '\${dir}/p.json' FOR INSERT INTO high SELECT v FROM doubled;`,
    );
    const path = join(folder, 'p.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('`v` * 2', '`v` * 3'));
    expect(await run(new Engine({ memory }), `EXECUTE PLAN '\${dir}/p.json';`)).toEqual([
      `B051 "${folder}/p.json" was compiled to another plan than this engine makes of it`,
    ]);
  });

  test('is not written over, and files that are no plans are not read', async () => {
    const compile = `COMPILE PLAN '\${dir}/p.json' FOR INSERT INTO high SELECT v FROM src;`;
    expect(await run(new Engine({ memory }), tables + compile + compile)).toEqual([
      `B015 "${folder}/p.json" exists already`,
    ]);
    expect(await run(new Engine({ memory }), `EXECUTE PLAN '\${dir}/in.json';`)).toEqual([
      `B051 "${folder}/in.json" is no plan`,
    ]);
    const path = join(folder, 'p.json');
    const whole = readFileSync(path, 'utf8');
    const told = async (text: string): Promise<readonly unknown[]> => {
      writeFileSync(path, text);
      return run(new Engine({ memory }), `EXECUTE PLAN '\${dir}/p.json';`);
    };
    const start = `B051 "${folder}/p.json" is a plan`;
    expect(await told(whole.replace('"version": 1', '"version": 2'))).toEqual([
      `${start} of version 2, and this Tidemark reads version 1`,
    ]);
    expect(await told(whole.replace('"fingerprint"', '"print"'))).toEqual([
      `${start} that lacks a part: it was changed by hand, or cut`,
    ]);
    expect(await told('{"flinkVersion": "2.2", "nodes": []}')).toEqual([
      `${start} of Flink 2.2: its operators are not those of Tidemark`,
    ]);
    expect(await run(new Engine({ memory }), `EXECUTE PLAN '\${dir}/nowhere.json';`)).toEqual([
      `F013 could not read the plan "${folder}/nowhere.json": there is no such file`,
    ]);
  });
});
