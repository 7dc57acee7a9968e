import { describe, expect, test } from 'vitest';
import { complete } from '../../src/cli/prompt/completion/complete.ts';
import type { Surroundings } from '../../src/cli/prompt/completion/option-candidates.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';

const engine = new Engine();
engine.declare(
  new SourceText(
    'setup',
    `CREATE TABLE hits (ip STRING, event_time TIMESTAMP(3), \`bytes\` BIGINT, WATERMARK FOR event_time AS event_time)
       WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json');
     CREATE TABLE players (player INT, score INT) WITH ('connector' = 'datagen');
     CREATE VIEW late_hits AS SELECT ip, event_time FROM hits;
     CREATE DATABASE other;`,
  ),
);
const around: Surroundings = {
  streams: (folder) => (folder === null ? ['clicks', 'plays'] : ['elsewhere']),
  files: (path) => ['data/', 'data.json'].filter((name) => name.startsWith(path)),
};

/** What is offered where the bar stands. */
function offered(text: string): string[] {
  const cursor = text.indexOf('|');
  const completion = complete(text.replace('|', ''), cursor, engine.session, around);
  return completion?.candidates.map(({ label }) => label) ?? [];
}

/** The text with its one candidate, or the first, put in. */
function completed(text: string): string {
  const cursor = text.indexOf('|');
  const completion = complete(text.replace('|', ''), cursor, engine.session, around);
  const [first] = completion?.candidates ?? [];
  return text.slice(0, completion?.from ?? cursor) + (first?.text ?? '') + text.slice(cursor + 1);
}

describe('words of the language', () => {
  test.each([
    ['SEL|', ['SELECT']],
    ['sel|', ['select']],
    ['qu|', ['quit']],
    ['DROP V|', ['VIEW']],
    // Hardly anyone wants it: offered where nothing else goes on so.
    ['SELECT STREA|', ['STREAM']],
    ['SELECT ip FROM hits GROUP |', ['BY']],
    ['SELECT ip FROM hits WHERE ip IS NOT NULL ORD|', ['ORDER']],
    ["SELECT INTERVAL '1' MIN|", ['MINUTE', 'MINUTES']],
    ['CREATE TABLE t (a TIMESTAMP_|', ['TIMESTAMP_LTZ']],
    ['SELECT 1; SHO|', ['SHOW']],
  ])('%s', (text, words) => {
    expect(offered(text)).toEqual(words);
  });

  test('nothing is offered in a comment and in a text', () => {
    expect(offered('SELECT 1 -- SEL|')).toEqual([]);
    expect(offered('SELECT /* SEL|')).toEqual([]);
    expect(offered("SELECT 'SEL|")).toEqual([]);
  });
});

describe('names', () => {
  test.each([
    ['SELECT * FROM |', ['hits', 'late_hits', 'players']],
    ['SELECT * FROM hits AS h JOIN pl|', ['players']],
    ['SELECT * FROM hits, la|', ['late_hits', 'lateral']],
    ['INSERT INTO p|', ['players']],
    ['DESCRIBE h|', ['hits']],
    ['DROP TABLE IF EXISTS l|', ['late_hits']],
    ['SELECT * FROM TUMBLE(TABLE h|', ['hits']],
    ['WITH pages AS (SELECT 1 AS n) SELECT * FROM pag|', ['pages']],
    ['CREATE TABLE h|', []],
    ['USE o|', ['other']],
    ['SELECT event_t| FROM hits', ['event_time']],
    ['SELECT * FROM hits WHERE i|', ['ip', 'if(', 'ifnull(']],
    ['SELECT * FROM hits AS h WHERE h.e|', ['event_time']],
    ['SELECT other.|', []],
    ['INSERT INTO players (|', ['player', 'score']],
    ['SELECT COUNT(*) AS total FROM hits ORDER BY tot|', ['total']],
    ['SELECT * FROM TUMBLE(TABLE hits, DESCRIPTOR(|', ['event_time']],
    ['CREATE TABLE t (a INT, b TIMESTAMP(3), WATERMARK FOR |', ['a', 'b']],
  ])('%s', (text, names) => {
    const found = offered(text);
    expect(found.slice(0, names.length)).toEqual(names);
    if (names.length === 0) expect(found).toEqual([]);
  });

  test('a window function goes on with its table', () => {
    expect(completed('SELECT * FROM tum|')).toBe('SELECT * FROM TUMBLE(TABLE ');
  });

  test('a name that is a reserved word gets its back-ticks', () => {
    expect(completed('SELECT byt| FROM hits')).toBe('SELECT `bytes` FROM hits');
    expect(completed('SELECT `byt| FROM hits')).toBe('SELECT `bytes` FROM hits');
  });

  test('functions come by their beginning, in the letters of what was typed', () => {
    expect(offered('SELECT split_i| FROM hits')).toEqual(['split_index(']);
    expect(offered('SELECT SPLIT_I|')).toEqual(['SPLIT_INDEX(']);
    // A word of the grammar that is a function is offered as that alone.
    expect(offered('SELECT SUBSTR|')).toEqual(['SUBSTR(', 'SUBSTRING(']);
  });
});

describe('options', () => {
  test.each([
    ["CREATE TABLE t (a INT) WITH ('|", ['connector']],
    ['CREATE TABLE t (a INT) WITH (|', ['connector']],
    ["CREATE TABLE t (a INT) WITH ('connector' = 'f|", ['filesystem']],
    ["CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'pat|", ['path']],
    ["CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = '|", ['json', 'csv', 'raw']],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'json.ignore|",
      ['json.ignore-parse-errors'],
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'json.ignore-parse-errors' = '|",
      ['true', 'false'],
    ],
    ["CREATE TABLE t (a INT, b INT) WITH ('connector' = 'datagen', 'fields.b.k|", ['fields.b.kind']],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kinesis', 'stream.arn' = '|",
      ['arn:aws:kinesis:us-east-1:000000000000:stream/clicks'],
    ],
    ["CREATE TABLE t (a INT) WITH ('connector' = 'kinesis', 'source.init.position' = 'TR|", ['TRIM_HORIZON']],
    ["SELECT * FROM hits /*+ OPTIONS('json.fail|", ['json.fail-on-missing-field']],
    ["ALTER TABLE players SET ('rows-|", ['rows-per-second']],
    ["SET 'table.local|", ['table.local-time-zone']],
    ["SET 'table.local-time-zone' = 'Europe/Os|", ['Europe/Oslo']],
    ["SET 'tidemark.optimizer' = '|", ['on', 'off']],
    ["RESET 'table.exec.state|", ['table.exec.state.ttl']],
    ["SOURCE 'da|", ['data/', 'data.json']],
  ])('%s', (text, options) => {
    expect(offered(text).slice(0, options.length)).toEqual(options);
  });

  test('a key goes on to its value, and a value ends', () => {
    const start = "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', ";
    expect(completed(`${start}'form|`)).toBe(`${start}'format' = '`);
    expect(completed("SET 'table.local-time-zone' = 'Europe/Os|")).toBe("SET 'table.local-time-zone' = 'Europe/Oslo'");
    expect(completed('SET table.local-|')).toBe('SET table.local-time-zone');
  });

  test('what the table has already is not offered again', () => {
    expect(offered("CREATE TABLE t (a INT) WITH ('connector' = 'print', '|")).not.toContain('connector');
  });
});
