-- errors: the share of failed hits since midnight, as the day goes on
--
-- CUMULATE windows of a day all start at midnight and end a step apart: the first at 06:00, the last at 24:00, and
-- each counts all that came since midnight. It is the running total of a day that starts anew on the next.
-- FILTER lets one aggregate see only some of the rows; the percentage is exact, as DECIMAL.
SELECT
  window_start,
  window_end,
  COUNT(*) AS `views`,
  COUNT(*) FILTER (WHERE status >= 400) AS failed,
  CAST(100.00 * COUNT(*) FILTER (WHERE status >= 400) / COUNT(*) AS DECIMAL(5, 2)) AS failed_percent
FROM CUMULATE(TABLE hits, DESCRIPTOR(event_time), INTERVAL '6' HOUR, INTERVAL '1' DAY)
GROUP BY window_start, window_end;
