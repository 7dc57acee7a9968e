-- the matches of five football leagues in four seasons, and an evening of a games site
--
-- A match that was put off comes twice: first without scores, and on its new day with them.
CREATE TABLE `matches` (
  event_time TIMESTAMP(3),  -- the day of the match
  league     STRING,
  home_team  STRING,
  away_team  STRING,
  home_score INT,
  away_score INT,
  WATERMARK FOR event_time AS event_time - INTERVAL '1' DAY
) WITH ('connector' = 'filesystem', 'path' = 'queries/leaderboard/data/matches.ndjson', 'format' = 'json');

-- What each match means for both of its teams. A season begins in July.
CREATE VIEW results AS
SELECT event_time, league, season, team, goals, against,
       CASE WHEN goals > against THEN 3 WHEN goals = against THEN 1 ELSE 0 END AS points
FROM (
  SELECT event_time, league, CAST(YEAR(event_time - INTERVAL '6' MONTH) AS INT) AS season,
         home_team AS team, home_score AS goals, away_score AS against FROM `matches`
  UNION ALL
  SELECT event_time, league, CAST(YEAR(event_time - INTERVAL '6' MONTH) AS INT),
         away_team, away_score, home_score FROM `matches`)
WHERE goals IS NOT NULL;

CREATE VIEW standings AS
SELECT league, season, team, SUM(points) AS points, SUM(goals - against) AS difference, SUM(goals) AS goals
FROM results
GROUP BY league, season, team;

-- What is played on a games site. Plays come in disorder of up to half a minute, and those of a phone without a network
-- up to an hour late.
CREATE TABLE received_plays (
  id        BIGINT,
  player    STRING,
  game      STRING,
  points    INT,
  played_at TIMESTAMP(3),
  WATERMARK FOR played_at AS played_at - INTERVAL '30' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'queries/leaderboard/data/plays.ndjson', 'format' = 'json');

-- A client that got no answer sends its play again: the first that comes counts, whenever it was played.
CREATE VIEW plays AS
SELECT id, player, game, points, played_at
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY PROCTIME()) AS copy FROM received_plays)
WHERE copy = 1;
