-- the three teams with the most goals of each league and quarter of a year: final when the quarter is over
SELECT league, window_start, place, team, goals
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, league ORDER BY goals DESC, team) AS place
  FROM (
    SELECT league, team, window_start, window_end, SUM(goals) AS goals
    FROM TUMBLE(TABLE results, DESCRIPTOR(event_time), INTERVAL '91' DAY)
    GROUP BY league, team, window_start, window_end))
WHERE place <= 3;
