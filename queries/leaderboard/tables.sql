-- the first five of each league and season, as they move match by match
--
-- A Top-N over a result that changes itself: each match changes the points of two teams, and with them perhaps who
-- stands where. Only the places that change are sent. Of equal points the difference of goals decides, then the goals.
SELECT league, season, place, team, points, difference
FROM (
  SELECT *, ROW_NUMBER() OVER (
    PARTITION BY league, season ORDER BY points DESC, difference DESC, goals DESC, team) AS place
  FROM standings)
WHERE place <= 5;
