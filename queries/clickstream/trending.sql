-- trending: the three most read pages of the last six hours, each hour anew
--
-- HOP windows overlap: one of six hours ends every hour, and a page view belongs to six of them. (The engine counts it
-- once, in a slice of an hour, and adds six slices up when a window ends.)
-- ROW_NUMBER over the window's columns, kept to the first few, is a window Top-N: the ranking of a window is sent
-- when it closes, and is final. A tie is broken by the path, so that the same hits give the same ranking every time.
WITH pages AS (
  SELECT window_start, window_end, path, COUNT(*) AS `views`, COUNT(DISTINCT ip) AS visitors
  FROM HOP(TABLE page_views, DESCRIPTOR(event_time), INTERVAL '1' HOUR, INTERVAL '6' HOUR)
  GROUP BY window_start, window_end, path
)
SELECT window_end, place, path, `views`, visitors
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY `views` DESC, path) AS place
  FROM pages
)
WHERE place <= 3;
