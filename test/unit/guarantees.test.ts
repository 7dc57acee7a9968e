import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { optionValues } from '../../src/catalog/read-options.ts';
import { connectors } from '../../src/connectors/index.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import { INT } from '../../src/types/sql-type.ts';
import { sinkOf, sourceOf, table } from '../support/formats/tables.ts';
import { root } from '../support/tidy/source-files.ts';

const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  filesystem: { path: '/nowhere', format: 'json' },
  kinesis: { 'stream.arn': 'arn:aws:kinesis:us-east-1:000000000000:stream/s', format: 'json' },
  arrow: { batches: 'b' },
  program: { table: 'p' },
};

function tableOf(connector: string, more: Readonly<Record<string, string>> = {}) {
  return table({ columns: { n: INT() }, options: { connector, ...options[connector], ...more } });
}

describe('a connector says of itself', () => {
  test.each(connectors.filter(({ source }) => source !== undefined))('whether it is read on: $name', (connector) => {
    const goesOn = sourceOf(tableOf(connector.name)).save !== undefined;
    expect(connector.restart?.kind).toBe(goesOn ? 'goes-on' : 'begins-anew');
  });

  test.each(connectors.filter(({ source }) => source === undefined))(
    'nothing of a source that it has not: $name',
    ({ restart }) => expect(restart).toBeUndefined(),
  );

  test.each(connectors.filter(({ sink }) => sink !== undefined))(
    'that it promises exactly once: $name',
    (connector) => {
      const kind = connector.guarantee?.(optionValues(new Map(), connector.options)).kind;
      // The program's sinks are the program's.
      const { prepare, commit, resume } = connector.name === 'program' ? {} : sinkOf(tableOf(connector.name)).sink;
      const mayHold = prepare !== undefined && commit !== undefined && resume !== undefined;
      expect(kind === 'exactly-once').toBe(mayHold);
    },
  );
});

test('the README has all of it', () => {
  const once = { 'exactly-once': 'exactly once', 'at-least-once': 'at least once', none: 'no guarantee' };
  const source = { 'goes-on': 'goes on', 'begins-anew': 'begins anew' };
  const rows = connectors.map((connector) => {
    const { restart } = connector;
    const sink = connector.guarantee?.(optionValues(new Map(), connector.options));
    const read = restart === undefined ? '' : `${source[restart.kind]}: ${restart.how}`;
    return `| \`${connector.name}\` | ${read} | ${sink === undefined ? '' : `${once[sink.kind]}: ${sink.how}`} |`;
  });
  const expected = ['| connector | as a source, behind a restart | as a sink |', '|---|---|---|', ...rows].join('\n');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\n${expected}\n`);
});

describe('of a job that makes checkpoints', () => {
  const tables = `
    CREATE TABLE files (n INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
    CREATE TABLE made (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
    CREATE TABLE lines (n INT) WITH ('connector' = 'print');
    CREATE TABLE records (n INT) WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/s', 'format' = 'json');
    CREATE TABLE direct WITH ('sink.delivery-guarantee' = 'at-least-once') LIKE records;`;
  const memory = Memory.create();
  const checkpoints = { 'execution.checkpointing.interval': '1 s' };

  async function run(sql: string, settings: Readonly<Record<string, string>>) {
    const engine = new Engine({ memory, settings, standardOutput: () => {} });
    let text = '';
    const warnings: string[] = [];
    for await (const event of engine.run(new SourceText('g.sql', `${tables} ${sql}`))) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('; '));
      if (event.kind === 'rows') text = String(event.rows[0]?.values[0]);
      if (event.kind === 'warnings')
        warnings.push(...event.diagnostics.map(({ code, message }) => `${code} ${message}`));
    }
    return { text, warnings };
  }

  const inserts = `STATEMENT SET BEGIN
    INSERT INTO lines SELECT n FROM files; INSERT INTO records SELECT n FROM made; INSERT INTO direct SELECT n FROM made;
    END;`;

  test('EXPLAIN shows how its sources go on, and what its sinks promise', async () => {
    const { text } = await run(`EXPLAIN ${inserts}`, checkpoints);
    const ends = text
      .slice(text.indexOf('== Physical Plan =='))
      .split('\n')
      .flatMap((line) => /(?:behind a restart|exactly once|at least once): .*/.exec(line)?.[0] ?? []);
    expect(ends).toEqual([
      'behind a restart: each file is read on behind the last record that the checkpoint has',
      'behind a restart: rows are made up from the first on',
      'at least once: lines are written at once, and those behind the last checkpoint again',
      'exactly once: records are held, and seen with the checkpoint that has them',
      'at least once: records are seen at once, and those behind the last checkpoint again',
    ]);
  });

  test('the plan as data has it too', async () => {
    const { text } = await run(`EXPLAIN JSON_EXECUTION_PLAN ${inserts}`, checkpoints);
    const { nodes } = JSON.parse(text.slice(text.indexOf('{', text.indexOf('== Physical Execution')))) as {
      readonly nodes: readonly { readonly restart?: string; readonly guarantee?: string }[];
    };
    expect(nodes.flatMap(({ restart }) => restart ?? [])).toEqual(['goes-on', 'begins-anew']);
    expect(nodes.flatMap(({ guarantee }) => guarantee ?? [])).toEqual([
      'at-least-once',
      'exactly-once',
      'at-least-once',
    ]);
  });

  test('nothing is promised where none are made: to who asks, and without an interval', async () => {
    const query = 'EXPLAIN SELECT n FROM files;';
    expect((await run(query, checkpoints)).text).toContain(
      '; no checkpoints: who asks again is shown all rows again\n',
    );
    const silent = /restart|once|checkpoint/;
    for (const explain of [query, `EXPLAIN ${inserts}`]) expect((await run(explain, {})).text).not.toMatch(silent);
  });

  test('a source that begins anew is warned of', async () => {
    const insert = 'INSERT INTO lines SELECT n FROM made;';
    expect((await run(insert, {})).warnings).toEqual([]);
    expect((await run('SELECT n FROM made;', checkpoints)).warnings).toEqual([]);
    expect((await run(insert, checkpoints)).warnings).toEqual([
      'F024 "made" begins anew when this job is run again and goes on from its checkpoint',
    ]);
  });
});
