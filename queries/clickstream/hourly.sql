-- views, visitors and bytes per hour and status class
--
-- TUMBLE cuts event time into hours that do not overlap: each hit belongs to one window, [window_start, window_end).
-- A window's rows are sent once, when the watermark passes its end, and are final: nothing is updated later.
-- The window's own columns must be among the keys; any other key may join them, here 2 for 2xx, 3 for 3xx and so on.
SELECT
  window_start,
  status / 100 AS status_class,
  COUNT(*) AS `views`,
  COUNT(DISTINCT ip) AS visitors,
  SUM(`bytes`) AS bytes_sent
FROM TUMBLE(TABLE hits, DESCRIPTOR(event_time), INTERVAL '1' HOUR)
GROUP BY window_start, window_end, status / 100;
