import { type KilledJob, operatorJobs } from '../jobs/killed-jobs.ts';

/** A job of which each release keeps a savepoint. */
export interface GoldenJob extends Pick<KilledJob, 'name' | 'columns' | 'query' | 'isUpdating'> {}

/** Those of the killed jobs, and what else an operator keeps. */
export const goldenJobs: readonly GoldenJob[] = [
  ...operatorJobs,
  {
    name: 'versions of a temporal join',
    columns: 'id INT, v BIGINT, rate BIGINT',
    query:
      'SELECT e.id, e.v, r.v FROM events AS e LEFT JOIN rates FOR SYSTEM_TIME AS OF e.ts AS r ON e.k = r.k WHERE e.v > 20',
  },
  {
    name: 'a join of three inputs by one key',
    columns: 'a INT, b INT, c INT',
    query:
      'SELECT a.id, b.id, c.id FROM events a JOIN others b ON a.k = b.k JOIN events c ON a.k = c.k WHERE a.v > 90 AND b.v > 90 AND c.v > 90',
  },
  {
    name: 'lists, maps and distinct values of groups',
    columns: 'k INT, names STRING, d BIGINT, first_v BIGINT',
    query:
      "SELECT k, LISTAGG(CAST(id AS STRING), ','), COUNT(DISTINCT v), FIRST_VALUE(v) FROM events WHERE v > 60 GROUP BY k",
    isUpdating: true,
  },
  {
    name: 'a pattern whose matches go on together',
    columns: 'a INT, b INT, n BIGINT',
    query:
      "SELECT * FROM events MATCH_RECOGNIZE (ORDER BY ts MEASURES FIRST(A.id) AS a, B.id AS b, COUNT(A.id) AS n PATTERN (A+ B) WITHIN INTERVAL '3' SECOND DEFINE A AS A.v > 10)",
  },
  {
    name: 'frames of rows',
    columns: 'id INT, s BIGINT',
    query:
      'SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM events WHERE v > 50',
  },
  {
    name: 'rows in the order of time',
    columns: 'id INT, ts TIMESTAMP(3)',
    query: 'SELECT id, ts FROM events WHERE v < 30 ORDER BY ts',
  },
  {
    name: 'what two inputs have in common',
    columns: 'k INT, v BIGINT',
    query: 'SELECT k, v FROM events INTERSECT SELECT k, v FROM others',
    isUpdating: true,
  },
  {
    name: 'rows with a partner and without one',
    columns: 'id INT, k INT',
    query:
      'SELECT id, k FROM events WHERE k IN (SELECT k FROM others WHERE v > 95) AND NOT EXISTS (SELECT 1 FROM others o WHERE o.id = events.id AND o.v < 20)',
    isUpdating: true,
  },
];
