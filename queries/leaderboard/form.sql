-- teams that win five matches in a row or more
SELECT league, team, since, until, wins
FROM (SELECT league, team, event_time, points FROM results)
MATCH_RECOGNIZE (
  PARTITION BY league, team
  ORDER BY event_time
  MEASURES FIRST(won.event_time) AS since, LAST(won.event_time) AS until, COUNT(won.points) AS wins
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (won{5,} stopped)
  DEFINE won AS won.points = 3, stopped AS stopped.points < 3
);
