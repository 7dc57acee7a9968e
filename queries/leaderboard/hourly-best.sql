-- the three players with the most points of each game and hour: final when the hour is over
--
-- A window Top-N: the sums of an hour are complete when the watermark has passed its end, and their ranking is sent once.
-- A play that comes later than that is dropped, and counted.
SELECT window_start, game, place, player, score
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, game ORDER BY score DESC, player) AS place
  FROM (
    SELECT window_start, window_end, game, player, SUM(points) AS score
    FROM TUMBLE(TABLE plays, DESCRIPTOR(played_at), INTERVAL '1' HOUR)
    GROUP BY window_start, window_end, game, player))
WHERE place <= 3;
