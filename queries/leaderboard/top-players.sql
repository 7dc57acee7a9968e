-- the ten players with the most points, live
--
-- A sum for each player that every play changes, and a Top-N over those sums: only the places that change are sent. It has
-- no window, so no play comes too late for it; a tie is broken by the name. In the prompt it is a table that moves.
SELECT place, player, score, played
FROM (
  SELECT *, ROW_NUMBER() OVER (ORDER BY score DESC, player) AS place
  FROM (SELECT player, SUM(points) AS score, COUNT(*) AS played FROM plays GROUP BY player))
WHERE place <= 10;
