import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { playsFile } from '../queries/leaderboard/generate.ts';
import { type QueryAnswer, runQuery, sorted } from './support/queries/run-query.ts';
import { root } from './support/tidy/source-files.ts';

const folder = join(root, 'queries/leaderboard');

function run(name: string): Promise<QueryAnswer> {
  return runQuery(folder, name, (setup) => setup.replaceAll('queries/leaderboard/data', join(folder, 'data')));
}

describe('the leagues', () => {
  let duck: (sql: string) => Promise<string[][]>;

  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    duck = async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows().map((row) => row.map((value) => (value === null ? 'NULL' : String(value))));
    };
    await connection.run(`
      CREATE TABLE matches AS SELECT * FROM read_json('${join(folder, 'data/matches.ndjson')}',
        format = 'newline_delimited', columns = {event_time: 'TIMESTAMP', league: 'VARCHAR', home_team: 'VARCHAR',
        away_team: 'VARCHAR', home_score: 'INTEGER', away_score: 'INTEGER'});
      CREATE VIEW results AS
      SELECT *, year(event_time - INTERVAL 6 MONTH) AS season,
        CASE WHEN goals > against THEN 3 WHEN goals = against THEN 1 ELSE 0 END AS points
      FROM (
        SELECT event_time, league, home_team AS team, home_score AS goals, away_score AS against FROM matches
        UNION ALL SELECT event_time, league, away_team, away_score, home_score FROM matches)
      WHERE goals IS NOT NULL`);
  });

  test('tables: what remains is the table at the end of each season', async () => {
    const { remaining, summary } = await run('tables');
    expect(sorted(remaining)).toEqual(
      sorted(
        await duck(`
          WITH standings AS (
            SELECT league, season, team, sum(points) AS points, sum(goals - against) AS difference, sum(goals) AS goals
            FROM results GROUP BY ALL)
          SELECT league, season, row_number() OVER (PARTITION BY league, season
            ORDER BY points DESC, difference DESC, goals DESC, team) AS place, team, points, difference
          FROM standings QUALIFY place <= 5`),
      ),
    );
    const premier = remaining
      .filter(([league, season]) => league === 'English Premier League' && season === '2013')
      .toSorted((a, b) => Number(a[2]) - Number(b[2]))
      .map(([, , , team, points]) => `${team} ${points}`);
    // As it is known.
    expect(premier.slice(0, 4)).toEqual(['Manchester City 86', 'Liverpool 84', 'Chelsea 82', 'Arsenal 79']);
    expect(summary.lateRows).toBe(0);
  });

  test('scorers: three teams a league and quarter', async () => {
    const { rows } = await run('scorers');
    expect(rows.length).toBeGreaterThan(200);
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          SELECT league, strftime(make_timestamp(quarter * 7862400000000), '%Y-%m-%d %H:%M:%S.000'),
            row_number() OVER (PARTITION BY quarter, league ORDER BY sum(goals) DESC, team) AS place, team, sum(goals)
          FROM (SELECT *, epoch_ms(event_time) // 7862400000 AS quarter FROM results)
          GROUP BY league, team, quarter QUALIFY place <= 3`),
      ),
    );
  });

  test('form: wins in a row, ended by another result', async () => {
    const { rows } = await run('form');
    expect(rows.length).toBeGreaterThan(100);
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          WITH numbered AS (
            SELECT *, sum(CASE WHEN points = 3 THEN 0 ELSE 1 END) OVER (PARTITION BY league, team ORDER BY event_time) AS run,
              max(CASE WHEN points = 3 THEN NULL ELSE event_time END) OVER (PARTITION BY league, team) AS last_stop
            FROM results)
          SELECT league, team, strftime(min(event_time), '%Y-%m-%d %H:%M:%S.000'),
            strftime(max(event_time), '%Y-%m-%d %H:%M:%S.000'), count(*)
          FROM numbered WHERE points = 3
          GROUP BY league, team, run, last_stop HAVING count(*) >= 5 AND max(event_time) < last_stop`),
      ),
    );
  });
});

describe('the games', () => {
  let duck: (sql: string) => Promise<string[][]>;
  const file = join(folder, 'data/plays.ndjson');

  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    duck = async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows().map((row) => row.map(String));
    };
    // A play comes again as it was; it is late when an hour that has it is over by the watermark before it.
    await connection.run(`
      CREATE TABLE received AS SELECT *, row_number() OVER () AS arrival FROM read_json('${file}',
        format = 'newline_delimited', columns = {id: 'BIGINT', player: 'VARCHAR', game: 'VARCHAR', points: 'INTEGER',
        played_at: 'TIMESTAMP'});
      CREATE TABLE plays AS
      SELECT *, date_trunc('hour', played_at) AS hour,
        coalesce(max(played_at) OVER (ORDER BY arrival ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
          - INTERVAL 30 SECOND >= date_trunc('hour', played_at) + INTERVAL '3599999' MILLISECOND, false) AS is_late
      FROM received QUALIFY row_number() OVER (PARTITION BY id ORDER BY arrival) = 1`);
  });

  test('the file is that of the generator, and like the real thing', async () => {
    expect(readFileSync(file, 'utf8')).toBe(playsFile());
    const [[received, plays, late, players, busiest] = []] = await duck(`
      SELECT (SELECT count(*) FROM received), count(*), count(*) FILTER (is_late), count(DISTINCT player),
        (SELECT max(n) FROM (SELECT count(*) AS n FROM plays GROUP BY player)) FROM plays`);
    expect(Number(received)).toBeGreaterThan(Number(plays));
    expect(Number(late)).toBeGreaterThan(5);
    expect(Number(busiest)).toBeGreaterThan((10 * Number(plays)) / Number(players));
  });

  test('top-players: what remains are the ten best, each play counted once, however late', async () => {
    const { remaining } = await run('top-players');
    const best = await duck(`
      SELECT row_number() OVER (ORDER BY sum(points) DESC, player), player, sum(points), count(*)
      FROM plays GROUP BY player ORDER BY 1 LIMIT 10`);
    expect(sorted(remaining)).toEqual(sorted(best));
  });

  test('hourly-best: three of each game and hour, of the plays that came in time', async () => {
    const { rows, summary } = await run('hourly-best');
    const best = await duck(`
      SELECT strftime(hour, '%Y-%m-%d %H:%M:%S.000'), game,
        row_number() OVER (PARTITION BY hour, game ORDER BY sum(points) DESC, player) AS place, player, sum(points)
      FROM plays WHERE NOT is_late GROUP BY hour, game, player QUALIFY place <= 3`);
    expect(rows.length).toBe(72);
    expect(sorted(rows)).toEqual(sorted(best));
    const [[late] = []] = await duck('SELECT count(*) FROM plays WHERE is_late');
    expect(summary.lateRows).toBe(Number(late));
  });
});
