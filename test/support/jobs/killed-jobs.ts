/** A job that is killed while it runs. */
export interface KilledJob {
  readonly name: string;
  /** What it reads and writes: files, or streams. */
  readonly over: 'files' | 'streams';
  /** Creates what it reads; left out: `events` and `others`. */
  readonly tables?: string;
  /** Columns of its output, in the words of CREATE TABLE. */
  readonly columns: string;
  readonly query: string;
  /** The changes of an updating result are written as debezium-json; which there are hangs on how the rows met. */
  readonly isUpdating?: boolean;
}

const event = "TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)";

/** A query of each operator with state. */
export const operatorJobs: readonly Omit<KilledJob, 'over'>[] = [
  {
    name: 'tumbling windows with texts and distinct values',
    columns: 'w TIMESTAMP(3), name STRING, n BIGINT, d BIGINT, t STRING',
    query: `SELECT window_start, name, COUNT(*), COUNT(DISTINCT k), MAX(name) FROM ${event} GROUP BY window_start, window_end, name`,
  },
  {
    name: 'hopping windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    query: `SELECT window_start, k, SUM(v) FROM HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'cumulating windows',
    columns: 'w TIMESTAMP(3), k INT, s BIGINT',
    query: `SELECT window_end, k, SUM(v) FROM CUMULATE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'sessions',
    columns: 'w TIMESTAMP(3), k INT, n BIGINT',
    query: `SELECT window_start, k, COUNT(*) FROM SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND) GROUP BY window_start, window_end, k`,
  },
  {
    name: 'the first rows of windows',
    columns: 'w TIMESTAMP(3), k INT, v BIGINT, r BIGINT',
    query: `SELECT window_start, k, v, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS r FROM ${event}) WHERE r <= 3`,
  },
  {
    name: 'frames of OVER',
    columns: 'id INT, s BIGINT',
    query: `SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '20' SECOND PRECEDING AND CURRENT ROW) FROM events`,
  },
  {
    name: 'an interval join',
    columns: 'a INT, b INT',
    query: `SELECT a.id, b.id FROM events a JOIN others b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '1' SECOND AND a.ts + INTERVAL '1' SECOND`,
  },
  {
    name: 'a window join',
    columns: 'a INT, b INT',
    query: `SELECT a.id, b.id FROM ${event} a LEFT JOIN ${event.replace('events', 'others')} b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end AND b.v > 98`,
  },
  {
    name: 'the first row of each key',
    columns: 'id INT, name STRING',
    query: `SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, name ORDER BY ts) AS r FROM events) WHERE r = 1`,
  },
  {
    name: 'a pattern',
    columns: 'k INT, a INT, b INT',
    query: `SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, B.id AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE A AS A.v > 90, B AS B.v < 10)`,
  },
  {
    name: 'groups',
    columns: 'name STRING, n BIGINT, s BIGINT, m BIGINT',
    query: 'SELECT name, COUNT(*), SUM(v), MAX(v) FROM events GROUP BY name',
    isUpdating: true,
  },
  {
    name: 'a regular join of groups',
    columns: 'name STRING, n BIGINT, m BIGINT',
    query:
      'SELECT a.name, a.n, b.m FROM (SELECT name, COUNT(*) n FROM events GROUP BY name) a LEFT JOIN (SELECT name, MAX(v) m FROM others WHERE k < 40 GROUP BY name) b ON a.name = b.name',
    isUpdating: true,
  },
  {
    name: 'the first rows of each key, as they change',
    columns: 'k INT, v BIGINT, id INT',
    query: `SELECT k, v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM events) WHERE r <= 2`,
    isUpdating: true,
  },
];

/** Each from files to files, and from streams to a stream. */
export const killedJobs: readonly KilledJob[] = (['files', 'streams'] as const).flatMap((over) =>
  operatorJobs.map((job) => ({ ...job, name: `${job.name}, over ${over}`, over })),
);
