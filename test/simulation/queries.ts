import { filesFolder } from './records.ts';

/** A query whose answers must not change, however often its job is stopped on its way. */
export interface SimulatedQuery {
  readonly name: string;
  /** Columns of its output, in the words of CREATE TABLE. */
  readonly columns: string;
  readonly text: string;
  /** Its changes hang on the size of batches: the rows that remain are compared. */
  readonly isUpdating?: boolean;
  /** The order of its rows hangs on the size of batches. */
  readonly isOrderedByBatches?: boolean;
  /** Its rows hang on the order in which rows of several shards meet. */
  readonly isByArrival?: boolean;
  /** The columns of its key, those first: what was written last of each is what remains. */
  readonly key?: readonly string[];
  /** A result of a key may go, or be again what it was: where both happens within one batch, nobody is told of it. */
  readonly mayReturn?: boolean;
  /** Its values are not all of JSON. */
  readonly isForProgram?: boolean;
  /** What it sends hangs on the time that passes. */
  readonly isByTime?: boolean;
  /** Each row of its inputs comes out once, with its number first, unless it is late. */
  readonly isEachRow?: boolean;
  /** What comes of a row may come some time after it. */
  readonly lags?: boolean;
  /** Some rows fail: they must be kept. */
  readonly needsKept?: boolean;
  /** What else is set. */
  readonly settings?: Readonly<Record<string, string>>;
}

const tumbling = (table: string): string => `TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '10' SECOND)`;
const windowed = tumbling('events');

/** Queries with each kind of state. */
export const queries: readonly SimulatedQuery[] = [
  {
    name: 'rows that are filtered',
    columns: 'id INT, t TIMESTAMP(3), name STRING',
    text: `SELECT id, ts, UPPER(name) FROM events WHERE v > 2`,
  },
  {
    name: 'tumbling windows with texts and distinct values',
    columns: 'w TIMESTAMP(3), name STRING, n BIGINT, d BIGINT, t STRING',
    text: `SELECT window_start, name, COUNT(*), COUNT(DISTINCT k), MAX(name) FROM ${windowed} GROUP BY window_start, window_end, name`,
  },
  {
    name: 'hopping windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    text: `SELECT window_start, k, SUM(v) FROM HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'cumulating windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    text: `SELECT window_end, k, SUM(v) FROM CUMULATE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'sessions',
    columns: 'w TIMESTAMP(3), e TIMESTAMP(3), k INT, n BIGINT',
    text: `SELECT window_start, window_end, k, COUNT(*) FROM SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'windows over grouping sets',
    columns: 'w TIMESTAMP(3), k INT, name STRING, s BIGINT',
    text: `SELECT window_start, k, name, SUM(v) FROM ${windowed} GROUP BY window_start, window_end, GROUPING SETS ((k), (name), ())`,
  },
  {
    name: 'windows of windows',
    columns: 'w TIMESTAMP(3), n BIGINT, s BIGINT',
    text: `SELECT window_start, COUNT(*), SUM(n) FROM TUMBLE(TABLE fives, DESCRIPTOR(wt), INTERVAL '20' SECOND) GROUP BY window_start, window_end`,
  },
  {
    name: 'collected values',
    columns: 'w TIMESTAMP(3), k INT, c MULTISET<STRING>, f BIGINT, l STRING',
    text: `SELECT window_start, k, COLLECT(name), FIRST_VALUE(v), LISTAGG(name) FROM ${windowed} GROUP BY window_start, window_end, k`,
    isByArrival: true,
    isForProgram: true,
  },
  {
    name: 'the first rows of windows',
    columns: 'w TIMESTAMP(3), k INT, v BIGINT, r BIGINT',
    text: `SELECT window_start, k, v, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS r FROM ${windowed}) WHERE r <= 3`,
  },
  {
    name: 'the last row of each key and window',
    columns: 'w TIMESTAMP(3), k INT, id INT, name STRING',
    text: `SELECT window_start, k, id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS r FROM ${windowed}) WHERE r = 1`,
  },
  {
    name: 'frames of OVER by time',
    columns: 'id INT, s BIGINT, n BIGINT',
    text: `SELECT id, SUM(v) OVER w, COUNT(*) OVER w FROM events WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '8' SECOND PRECEDING AND CURRENT ROW)`,
  },
  {
    name: 'frames of OVER by rows',
    columns: 'id INT, s BIGINT, m STRING',
    text: `SELECT id, SUM(v) OVER w, MIN(name) OVER w FROM events WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)`,
  },
  {
    name: 'an interval join',
    columns: 'a INT, b INT',
    text: `SELECT a.id, b.id FROM events a JOIN others b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '3' SECOND AND a.ts + INTERVAL '3' SECOND`,
  },
  {
    name: 'an interval join of both sides',
    columns: 'a INT, b INT, name STRING',
    text: `SELECT a.id, b.id, b.name FROM events a FULL JOIN others b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '3' SECOND AND a.ts + INTERVAL '1' SECOND`,
    isOrderedByBatches: true,
  },
  {
    name: 'a window join',
    columns: 'a INT, b INT',
    text: `SELECT a.id, b.id FROM ${windowed} a LEFT JOIN ${tumbling('others')} b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end AND b.v > 4`,
    isOrderedByBatches: true,
  },
  {
    name: 'a window semi-join',
    columns: 'a INT, k INT',
    text: `SELECT a.id, a.k FROM ${windowed} a WHERE a.k NOT IN (SELECT b.k FROM ${tumbling('others')} b WHERE a.window_start = b.window_start AND a.window_end = b.window_end)`,
    isOrderedByBatches: true,
  },
  {
    name: 'a temporal join',
    columns: 'id INT, v BIGINT, rate BIGINT, name STRING',
    text: `SELECT a.id, a.v, r.v, r.name FROM events a LEFT JOIN rates FOR SYSTEM_TIME AS OF a.ts r ON a.k = r.k`,
    isOrderedByBatches: true,
  },
  {
    name: 'the first row of each key',
    columns: 'id INT, name STRING',
    text: `SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, name ORDER BY ts) AS r FROM events) WHERE r = 1`,
    isUpdating: true,
  },
  {
    name: 'the last row of each key',
    columns: 'id INT, name STRING, v BIGINT',
    text: `SELECT id, name, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, name ORDER BY ts DESC) AS r FROM events) WHERE r = 1`,
    isUpdating: true,
  },
  {
    name: 'a pattern',
    columns: 'k INT, a INT, b INT, n BIGINT',
    text: `SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, LAST(B.id) AS b, COUNT(B.id) AS n ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+ C) DEFINE A AS A.v > 4, B AS B.v < 8, C AS C.v > 3)`,
  },
  {
    name: 'a pattern within a time',
    columns: 'k INT, a STRING, b INT',
    text: `SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.name AS a, B.id AS b ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN (A C* B) WITHIN INTERVAL '12' SECOND DEFINE A AS A.v > 5, B AS B.v < A.v, C AS C.v >= 5)`,
  },
  {
    name: 'rows in the order of time',
    columns: 'id INT, t TIMESTAMP(3), name STRING',
    text: `SELECT id, ts, name FROM events ORDER BY ts`,
  },
  {
    name: 'groups',
    columns: 'name STRING, n BIGINT, s BIGINT, m BIGINT, t STRING',
    text: 'SELECT name, COUNT(*), SUM(v), MAX(v), MIN(name) FROM events GROUP BY name',
    isUpdating: true,
    key: ['name'],
  },
  {
    name: 'groups of groups with distinct values',
    columns: 'd BIGINT, n BIGINT, m BIGINT',
    text: 'SELECT d, COUNT(*), MAX(m) FROM (SELECT k, COUNT(DISTINCT name) d, MIN(v) m FROM events GROUP BY k) GROUP BY d HAVING COUNT(*) > 0',
    isUpdating: true,
    key: ['d'],
    mayReturn: true,
  },
  {
    name: 'different rows',
    columns: 'k INT, name STRING',
    text: 'SELECT DISTINCT k, name FROM events WHERE v > 1',
    isUpdating: true,
    key: ['k', 'name'],
  },
  {
    name: 'a regular join',
    columns: 'a INT, b INT, name STRING',
    text: 'SELECT a.id, b.id, b.name FROM events a JOIN others b ON a.k = b.k AND a.v <> b.v',
    isUpdating: true,
  },
  {
    name: 'a regular join of groups',
    columns: 'name STRING, n BIGINT, m BIGINT',
    text: 'SELECT a.name, a.n, b.m FROM (SELECT name, COUNT(*) n FROM events GROUP BY name) a FULL JOIN (SELECT name, MAX(v) m FROM others WHERE k < 3 GROUP BY name) b ON a.name = b.name',
    isUpdating: true,
  },
  {
    name: 'joins of three inputs by a key',
    columns: 'a INT, b INT, c INT',
    text: 'SELECT a.id, b.id, c.id FROM events a JOIN others b ON a.k = b.k JOIN thirds c ON c.k = b.k',
    isUpdating: true,
  },
  {
    name: 'a join that marks rows',
    columns: 'id INT, isIn BOOLEAN',
    text: 'SELECT id, k IN (SELECT k FROM others WHERE v > 5) FROM events',
    isUpdating: true,
  },
  {
    name: 'rows without partners',
    columns: 'id INT, k INT',
    text: 'SELECT id, k FROM events a WHERE NOT EXISTS (SELECT 1 FROM others b WHERE b.k = a.k AND b.v > 4)',
    isUpdating: true,
  },
  {
    name: 'the first rows of each key, as they change',
    columns: 'k INT, v BIGINT, id INT, name STRING',
    text: `SELECT k, v, id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM events) WHERE r <= 2`,
    isUpdating: true,
    key: ['k', 'v', 'id'],
  },
  {
    name: 'the first groups',
    columns: 'name STRING, n BIGINT, r BIGINT',
    text: `SELECT name, n, r FROM (SELECT name, n, ROW_NUMBER() OVER (ORDER BY n DESC, name) AS r FROM (SELECT name, COUNT(*) n FROM events GROUP BY name)) WHERE r <= 3`,
    isUpdating: true,
  },
  {
    name: 'set operations',
    columns: 'k INT, name STRING',
    text: '(SELECT k, name FROM events INTERSECT SELECT k, name FROM others) UNION (SELECT k, name FROM events EXCEPT SELECT k, name FROM thirds)',
    isUpdating: true,
  },
  {
    name: 'several inputs, one behind the other',
    columns: 'w TIMESTAMP(3), k INT, n BIGINT',
    text: `SELECT window_start, k, COUNT(*) FROM ${windowed} GROUP BY window_start, window_end, k UNION ALL SELECT window_start, k, -COUNT(*) FROM ${tumbling('others')} GROUP BY window_start, window_end, k`,
  },
  {
    name: 'rows that cannot all be computed',
    columns: 'id INT, q BIGINT',
    text: 'SELECT id, 100 / (v - 3) FROM events',
    needsKept: true,
  },
  {
    name: 'rows of a join that cannot all be computed',
    columns: 'w TIMESTAMP(3), n BIGINT, s BIGINT',
    text: `SELECT window_start, COUNT(*), SUM(100 / (rate - 3)) FROM TUMBLE(TABLE rated, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end`,
    needsKept: true,
  },
  {
    name: 'windows behind a temporal join',
    columns: 'w TIMESTAMP(3), n BIGINT, s BIGINT',
    text: `SELECT window_start, COUNT(*), SUM(rate) FROM TUMBLE(TABLE rated, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end`,
  },
  {
    name: 'windows of few rows',
    columns: 'w TIMESTAMP(3), k INT, n BIGINT',
    text: `SELECT window_start, k, COUNT(*) FROM TUMBLE(TABLE few, DESCRIPTOR(ts), INTERVAL '2' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'rows of two inputs in the order of time',
    columns: 'id INT, t TIMESTAMP(3)',
    text: 'SELECT id, ts FROM both_streams ORDER BY ts',
    isEachRow: true,
  },
  {
    name: 'a lookup join',
    columns: 'id INT, label STRING',
    lags: true,
    text: 'SELECT a.id, l.label FROM visits a LEFT JOIN labels FOR SYSTEM_TIME AS OF a.pt l ON a.k = l.k AND l.label <> a.name',
  },
  {
    name: 'windows behind a lookup join',
    lags: true,
    columns: 'w TIMESTAMP(3), label STRING, n BIGINT',
    text: `SELECT window_start, label, COUNT(*) FROM TUMBLE(TABLE labelled, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end, label`,
  },
  {
    name: 'values of the rows around',
    columns: 'id INT, b INT, n STRING',
    text: `SELECT id, LAG(id, 2) OVER w, LAG(name) OVER w FROM events WINDOW w AS (PARTITION BY k ORDER BY ts)`,
  },
  {
    name: 'distinct values of sliding windows',
    columns: 'w TIMESTAMP(3), d BIGINT, m STRING',
    text: `SELECT window_start, COUNT(DISTINCT name), MAX(name) FILTER (WHERE v > 2) FROM HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end`,
  },
  {
    name: 'sessions of all rows',
    columns: 'w TIMESTAMP(3), e TIMESTAMP(3), n BIGINT, d BIGINT',
    text: `SELECT window_start, window_end, COUNT(*), COUNT(DISTINCT name) FROM SESSION(TABLE events, DESCRIPTOR(ts), INTERVAL '1' SECOND) GROUP BY window_start, window_end`,
  },
  {
    name: 'windows that are sent early',
    columns: 'w TIMESTAMP(3), k INT, n BIGINT, s BIGINT',
    text: `SELECT TUMBLE_START(ts, INTERVAL '10' SECOND), k, COUNT(*), SUM(v) FROM events GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k`,
    isUpdating: true,
    isByTime: true,
    lags: true,
    settings: {
      'table.exec.emit.early-fire.enabled': 'true',
      'table.exec.emit.early-fire.delay': '20 ms',
    },
  },
  {
    name: 'groups in mini-batches',
    columns: 'name STRING, n BIGINT, d BIGINT',
    text: 'SELECT name, COUNT(*), COUNT(DISTINCT v) FROM events GROUP BY name',
    isUpdating: true,
    lags: true,
    isByTime: true,
    key: ['name'],
    settings: {
      'table.exec.mini-batch.enabled': 'true',
      'table.exec.mini-batch.allow-latency': '20 ms',
      'table.exec.mini-batch.size': '7',
    },
  },
  {
    name: 'groups with a time to live',
    columns: 'name STRING, n BIGINT, a INT',
    text: 'SELECT a.name, COUNT(*), MAX(b.id) FROM events a JOIN others b ON a.k = b.k GROUP BY a.name',
    isUpdating: true,
    key: ['name'],
    settings: { 'table.exec.state.ttl': '30 d' },
  },
  {
    name: 'a regular join of both sides',
    columns: 'a INT, b INT',
    text: 'SELECT a.id, b.id FROM events a FULL JOIN others b ON a.k = b.k AND a.v = b.v',
    isUpdating: true,
  },
  {
    name: 'all rows of sets',
    columns: 'k INT, name STRING',
    text: '(SELECT k, name FROM events INTERSECT ALL SELECT k, name FROM others) UNION ALL (SELECT k, name FROM others EXCEPT ALL SELECT k, name FROM events)',
    isUpdating: true,
  },
  {
    name: 'the best rows with their ranks',
    columns: 'k INT, r BIGINT, id INT, v BIGINT',
    text: 'SELECT k, r, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM events) WHERE r <= 3',
    isUpdating: true,
    key: ['k', 'r'],
  },
  {
    name: 'texts of groups that change',
    columns: 'n BIGINT, t STRING, s BIGINT',
    text: 'SELECT n, MAX(name), SUM(s) FROM (SELECT name, COUNT(*) n, SUM(v) s FROM events GROUP BY name) GROUP BY n',
    isUpdating: true,
    key: ['n'],
    mayReturn: true,
  },
  {
    name: 'patterns of all rows',
    columns: 'a INT, n BIGINT, s BIGINT, c INT',
    text: `SELECT a, n, s, c FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES FIRST(A.id) AS a, COUNT(A.id) AS n, SUM(A.v) AS s, B.id AS c ONE ROW PER MATCH AFTER MATCH SKIP TO LAST A PATTERN (A{2,4}? B) DEFINE A AS A.v > 2, B AS B.v <= LAST(A.v))`,
  },
];

/** What a query asks that a job is given when it has run already: each of its rows comes once. */
export const addedQueries = {
  rows: {
    columns: 'id INT, name STRING',
    text: 'SELECT id, LOWER(name) FROM events WHERE k < 3',
  },
  windows: {
    columns: 'w TIMESTAMP(3), k INT, n BIGINT',
    text: `SELECT window_start, k, COUNT(*) FROM ${windowed} GROUP BY window_start, window_end, k`,
  },
  frames: {
    columns: 'id INT, n BIGINT',
    text: 'SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts) FROM events',
  },
} as const;

export type AddedKind = keyof typeof addedQueries;

export const addedKinds = ['rows', 'windows', 'frames'] as const satisfies readonly AddedKind[];

const sourceOptions = (
  stream: string,
  { isBounded, keeps }: { readonly isBounded: boolean; readonly keeps: boolean },
): string =>
  `WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:eu:1:stream/${stream}', 'format' = 'json', 'source.init.position' = 'TRIM_HORIZON'${isBounded ? ", 'source.end.position' = 'LATEST'" : ''}${keeps ? ", 'tidemark.on-error' = 'keep'" : ''});`;

/** What becomes of the rows of a query. `upsert`: a table of the program's where each row is seen at once, by its key. */
export type SinkKind = 'program' | 'stream' | 'files' | 'upsert';

/** Tables that read streams. */
export const readTables = {
  events: 'events',
  visits: 'events',
  others: 'others',
  thirds: 'others',
  rates: 'others',
} as const;

/** The tables of a query. `isBounded`: its input ends with what there is at the start. */
export function tablesOf(
  { columns, isUpdating = false, key }: SimulatedQuery,
  parts: {
    readonly isBounded: boolean;
    readonly keeps: boolean;
    readonly delaySeconds: number;
    readonly sink: SinkKind;
    readonly added: AddedKind | null;
  },
): string {
  const { delaySeconds, sink, added } = parts;
  const format = `'format' = '${isUpdating ? 'debezium-json' : 'json'}'`;
  const sinkOptions = {
    program: `'connector' = 'program', 'table' = 'written'`,
    upsert: `'connector' = 'program', 'table' = 'written'`,
    stream: `'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:eu:1:stream/written', ${format}`,
    files: `'connector' = 'filesystem', 'path' = '${filesFolder}', 'sink.rolling-policy.file-size' = '300 b', ${format}`,
  }[sink];
  const watermark = `WATERMARK FOR ts AS ts - INTERVAL '${delaySeconds}' SECOND`;
  const read = (name: keyof typeof readTables, more = ''): string =>
    `CREATE TABLE ${name} (id INT, ts TIMESTAMP(3), k INT, v BIGINT, name STRING, ${more}${watermark}) ${sourceOptions(readTables[name], parts)}`;
  const primary = sink === 'upsert' && key !== undefined ? `, PRIMARY KEY (${key.join(', ')}) NOT ENFORCED` : '';
  return [
    read('events'),
    read('visits', 'pt AS PROCTIME(), '),
    read('others'),
    read('thirds'),
    read('rates', 'PRIMARY KEY (k) NOT ENFORCED, '),
    `CREATE TABLE labels (k INT, label STRING) WITH ('connector' = 'program', 'table' = 'labels', 'lookup.keys' = 'k');`,
    'CREATE VIEW rated AS SELECT a.id, a.ts, r.v AS rate FROM events a LEFT JOIN rates FOR SYSTEM_TIME AS OF a.ts r ON a.k = r.k;',
    'CREATE VIEW labelled AS SELECT a.id, a.ts, l.label FROM visits a JOIN labels FOR SYSTEM_TIME AS OF a.pt l ON a.k = l.k;',
    'CREATE VIEW few AS SELECT ts, k FROM events WHERE v = 9;',
    'CREATE VIEW both_streams AS SELECT id, ts FROM events UNION ALL SELECT -1 - id, ts FROM others;',
    `CREATE VIEW fives AS SELECT window_time AS wt, k, COUNT(*) AS n FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end, window_time, k;`,
    `CREATE TABLE written (${columns}${primary}) WITH (${sinkOptions});`,
    ...(added === null
      ? []
      : [`CREATE TABLE added (${addedQueries[added].columns}) WITH ('connector' = 'program', 'table' = 'added');`]),
  ].join('\n');
}
