import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceStored } from '../../src/catalog/stored-file.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-catalog-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A session of its own over the folder: what its statements answer, one line a row, and what is refused. */
async function told(sql: string, settings: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const engine = new Engine({ catalogsFolder: folder, settings });
  const found = await toldBy(engine, sql);
  engine.close();
  return found;
}

async function toldBy(engine: Engine, sql: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const event of engine.run(new SourceText('script', sql))) {
    if (event.kind === 'rows') found.push(...event.rows.map(({ values }) => values.join(' | ')));
    if (event.kind === 'refused')
      for (const { code, span, message } of event.diagnostics) {
        const place = span?.source.position(span.start);
        const where =
          span === null ? '-' : `${span.source.name.replace(folder, 'FOLDER')}:${place?.line}:${place?.column}`;
        found.push(`${code} ${where} ${message.replaceAll(folder, 'FOLDER')}`);
      }
  }
  return found;
}

const shop = `CREATE CATALOG IF NOT EXISTS shop WITH ('type' = 'folder', 'default-database' = 'sales'); USE CATALOG shop;\n`;

describe('a catalog in a folder', () => {
  const made = `
    CREATE DATABASE \`old ones\` COMMENT 'it''s past' WITH ('k' = 'v');
    CREATE TABLE orders (
      id INT, price DECIMAL(10, 2) COMMENT 'in ''euros''', \`at\` TIMESTAMP(3), day_ AS CAST(\`at\` AS DATE),
      place ROW<x DOUBLE, y ARRAY<INT NOT NULL>>, n MAP<STRING, TIME(3)> NOT NULL,
      WATERMARK FOR \`at\` AS \`at\` - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED
    ) COMMENT 'what is sold' WITH ('connector' = 'datagen', 'fields.id.max' = '9');
    CREATE TABLE kept (a INT, city STRING, n INT) PARTITIONED BY (city, n)
      WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
    ALTER TABLE kept ADD PARTITION (city = 'O''slo', n = 3) WITH ('x' = 'y') PARTITION (city = 'Bonn', n = 4);
    CREATE VIEW cheap (id, d) COMMENT 'under ten' AS SELECT id, INTERVAL '1' DAY FROM orders WHERE price < 10;
    CREATE VIEW \`old ones\`.v AS SELECT id, MAP['a', 1] AS m, CAST(NULL AS ROW<a INT>) AS r FROM sales.cheap;
    CREATE FUNCTION f AS 'com.acme.F' LANGUAGE SCALA;
    CREATE TEMPORARY TABLE gone (a INT) WITH ('connector' = 'datagen');`;
  const asked = `
    SHOW DATABASES; DESCRIBE DATABASE EXTENDED \`old ones\`; SHOW TABLES; SHOW VIEWS; SHOW USER FUNCTIONS;
    DESCRIBE orders; SHOW CREATE TABLE orders; SHOW CREATE TABLE kept; SHOW PARTITIONS kept;
    DESCRIBE cheap; SHOW CREATE VIEW cheap; DESCRIBE \`old ones\`.v; SHOW CREATE VIEW \`old ones\`.v; SHOW CURRENT DATABASE;
    EXPLAIN SELECT * FROM \`old ones\`.v;`;

  test('outlives the session with all it holds, but for what is temporary', async () => {
    const before = await told(
      `${shop}${made}${asked.replace('SHOW TABLES;', 'DROP TEMPORARY TABLE gone; SHOW TABLES;')}`,
    );
    expect(before).toContain("city=O'slo/n=3");
    expect(before).toContain('cheap');
    expect(await told(`${shop}${asked}`)).toEqual(before);
  });

  test('has what ALTER and DROP leave', async () => {
    await told(`${shop}${made}
      ALTER TABLE orders RENAME TO sold; ALTER TABLE sold SET ('fields.id.max' = '7');
      ALTER VIEW cheap AS SELECT id FROM sold; DROP DATABASE \`old ones\` CASCADE; DROP FUNCTION f;
      ALTER TABLE kept DROP PARTITION (city = 'Bonn', n = 4); CREATE DATABASE d; ALTER DATABASE d SET ('a' = 'b');`);
    expect(
      await told(`${shop} SHOW DATABASES; SHOW TABLES; SHOW PARTITIONS kept; DESCRIBE cheap; SHOW USER FUNCTIONS;
        DESCRIBE DATABASE EXTENDED d;`),
    ).toEqual([
      'd',
      'sales',
      'cheap',
      'kept',
      'sold',
      "city=O'slo/n=3",
      'id | INT | false |  |  | ',
      'catalog_name | shop',
      'database_name | d',
      'comment | ',
      'properties | ((a,b))',
    ]);
  });

  test('is a script that a person may read, the same whatever the order in which it was made', async () => {
    await told(
      `${shop} CREATE TABLE b (x INT) WITH ('connector' = 'datagen'); CREATE VIEW a AS SELECT x, 'é' AS y FROM b;`,
    );
    expect(readFileSync(join(folder, 'shop', 'catalog.sql'), 'utf8')).toBe(`-- Tidemark catalog, version 1.

CREATE DATABASE \`sales\`;

CREATE VIEW \`sales\`.\`a\` (
  \`x\`, -- INT
  \`y\` -- CHAR(1) NOT NULL
)
AS SELECT \`b\`.\`x\`, 'é' AS \`y\`
FROM \`shop\`.\`sales\`.\`b\` AS \`b\`;

CREATE TABLE \`sales\`.\`b\` (
  \`x\` INT
)
WITH (
  'connector' = 'datagen'
);

-- End of the catalog.
`);
  });

  test('keeps the table of CREATE TABLE AS, and nothing of what EXPLAIN of a script declares', async () => {
    await told(
      `${shop} CREATE TABLE c WITH ('connector' = 'filesystem', 'path' = '${folder}/c', 'format' = 'json') AS SELECT 1 AS a;`,
    );
    const engine = new Engine({ catalogsFolder: folder });
    for await (const event of engine.explain(
      new SourceText('e', `${shop} CREATE VIEW v AS SELECT a FROM c; SELECT * FROM v;`),
    ))
      expect(event.kind).toBe('plan');
    engine.close();
    expect(await told(`${shop} SHOW TABLES;`)).toEqual(['c']);
  });

  test('that is damaged says where, when it is looked at', async () => {
    await told(`${shop} CREATE TABLE b (x INT) WITH ('connector' = 'datagen'); CREATE VIEW v AS SELECT x FROM b;`);
    const file = join(folder, 'shop', 'catalog.sql');
    const whole = readFileSync(file, 'utf8');
    const tells = async (text: string): Promise<readonly string[]> => {
      writeFileSync(file, text);
      return told(`${shop} SHOW TABLES;`);
    };
    const start = 'the catalog "shop" is damaged:';
    const at = 'F019 FOLDER/shop/catalog.sql';
    expect(await tells(whole.replace('x` INT', 'x` INR'))).toEqual([`${at}:6:7 ${start} unknown type "INR"`]);
    expect(await tells(whole.slice(0, -30))).toEqual([
      `${at}:16:27 the catalog "shop" is cut: it should end with "-- End of the catalog."`,
    ]);
    expect(await tells(whole.replace('-- INT', '-- INR NUL'))).toEqual([`${at}:13:10 ${start} "INR NUL" is no type`]);
    expect(await tells(whole.replace('-- End', 'INSERT INTO b VALUES (1);\n\n-- End'))).toEqual([
      `${at}:18:1 ${start} a catalog keeps databases, tables, their partitions, views and functions, and nothing else`,
    ]);
    expect(await tells(whole.replace('version 1', 'version 2'))).toEqual([
      `${at}:1:1 the catalog "shop" is of version 2, and this Tidemark reads version 1`,
    ]);
    expect(await tells('')).toEqual([
      `${at}:1:1 this is no catalog: its first line should be "-- Tidemark catalog, version 1."`,
    ]);
  });

  test('that a person has edited stays as it is until it changes', async () => {
    await told(`${shop} CREATE TABLE b (x INT) WITH ('connector' = 'datagen');`);
    const file = join(folder, 'shop', 'catalog.sql');
    const edited = readFileSync(file, 'utf8').replace('`x` INT', 'x int, -- a count\n y string');
    writeFileSync(file, edited);
    expect(await told(`${shop} SHOW COLUMNS FROM b;`)).toHaveLength(2);
    expect(readFileSync(file, 'utf8')).toBe(edited);
    await told(`${shop} CREATE DATABASE d;`);
    expect(readFileSync(file, 'utf8')).toContain('  `x` INT,\n  `y` VARCHAR(2147483647)\n');
  });

  test('of one process is seen by another, statement by statement', async () => {
    const [one, other] = [new Engine({ catalogsFolder: folder }), new Engine({ catalogsFolder: folder })];
    await toldBy(one, shop);
    await toldBy(other, shop);
    await toldBy(one, `CREATE TABLE t (a INT) WITH ('connector' = 'datagen');`);
    expect(await toldBy(other, `CREATE TABLE t (a INT) WITH ('connector' = 'datagen');`)).toEqual([
      'B015 script:1:14 "t" exists already',
    ]);
    await toldBy(other, `CREATE TABLE u (a INT) WITH ('connector' = 'datagen'); DROP TABLE t;`);
    expect(await toldBy(one, 'SHOW TABLES;')).toEqual(['u']);
    one.close();
    other.close();
  });
});

describe('a file that several processes replace', () => {
  const codeOf = (work: () => void): string => {
    try {
      work();
      return 'done';
    } catch (error) {
      return error instanceof DiagnosticError ? (error.diagnostics[0]?.message ?? '') : String(error);
    }
  };

  test('is not replaced where another was faster', () => {
    const file = join(folder, 'f');
    replaceStored(file, 'it', null, 'one');
    expect(codeOf(() => replaceStored(file, 'it', null, 'two'))).toBe('another process changed it at this very moment');
    expect(readFileSync(file, 'utf8')).toBe('one');
    replaceStored(file, 'it', 'one', null);
    expect(existsSync(file)).toBe(false);
  });

  test('is waited for while a process lives that writes it, and no longer', () => {
    const file = join(folder, 'f');
    writeFileSync(`${file}.lock`, `${process.ppid}`);
    expect(codeOf(() => replaceStored(file, 'it', null, 'one'))).toBe(
      `process ${process.ppid} has been writing it for too long`,
    );
    const dead = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(`${file}.lock`, `${dead}`);
    expect(codeOf(() => replaceStored(file, 'it', null, 'one'))).toBe('done');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('in a place that cannot be one is told', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(codeOf(() => replaceStored(join(folder, 'file', 'f'), 'it', null, 'one'))).toMatch(
      /^could not (read|write) it: /,
    );
  });
});

describe('the file catalog store', () => {
  const kept = { 'table.catalog-store.kind': 'file' };

  test('has the catalogs of earlier sessions, and those that Flink wrote there', async () => {
    await told(
      `CREATE CATALOG shop COMMENT 'of "ours"' WITH ('type' = 'folder'); CREATE TABLE shop.\`default\`.t (a INT) WITH ('connector' = 'datagen');`,
      kept,
    );
    writeFileSync(join(folder, 'mem.yaml'), '---\ntype: "generic_in_memory"\ndefault-database: d\n');
    expect(
      await told(
        'SHOW CATALOGS; SHOW CREATE CATALOG shop; USE CATALOG mem; SHOW DATABASES; SHOW TABLES FROM shop.`default`;',
        kept,
      ),
    ).toEqual([
      'default_catalog',
      'mem',
      'shop',
      `CREATE CATALOG \`shop\`\nCOMMENT 'of "ours"'\nWITH (\n  'type' = 'folder'\n)\n`,
      'd',
      't',
    ]);
    expect(await told('SHOW CATALOGS;')).toEqual(['default_catalog']);
  });

  test('follows ALTER and DROP, which leaves the folder', async () => {
    await told(`CREATE CATALOG shop WITH ('type' = 'folder'); CREATE CATALOG two WITH ('type' = 'folder');`, kept);
    expect(await told(`CREATE CATALOG shop WITH ('type' = 'folder');`, kept)).toEqual([
      'B015 script:1:16 catalog "shop" exists already',
    ]);
    await told(
      `ALTER CATALOG shop COMMENT 'c'; ALTER CATALOG shop SET ('default-database' = 'x'); DROP CATALOG two;`,
      kept,
    );
    expect(await told('SHOW CATALOGS; DESCRIBE CATALOG EXTENDED shop; USE CATALOG two;', kept)).toEqual([
      'default_catalog',
      'shop',
      'name | shop',
      'type | folder',
      'comment | c',
      'option:default-database | x',
      'B014 script:1:60 unknown catalog "two"',
    ]);
    expect(existsSync(join(folder, 'two', 'catalog.sql'))).toBe(true);
  });

  test('is where its setting says', async () => {
    const path = join(folder, 'elsewhere');
    await told(
      `SET 'table.catalog-store.kind' = 'file'; SET 'table.catalog-store.file.path' = '${path}'; CREATE CATALOG m WITH ('type' = 'generic_in_memory');`,
    );
    expect(readFileSync(join(path, 'm.yaml'), 'utf8')).toBe('---\ntype: "generic_in_memory"\n');
  });

  test('says what of it cannot be used', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'bad.yaml'), 'type: "folder\n');
    writeFileSync(join(folder, 'hive.yaml'), 'type: hive\n');
    expect(await told('USE CATALOG bad;', kept)).toEqual([
      'F019 FOLDER/bad.yaml:1:1 the catalog store\'s file of "bad" is damaged: this is no option',
    ]);
    expect(await told('USE CATALOG hive;', kept)).toEqual(["O006 FOLDER/hive.yaml:1:1 unknown type of catalog 'hive'"]);
    expect(await told('SHOW CATALOGS;', kept)).toEqual(['bad', 'default_catalog', 'hive']);
  });
});
