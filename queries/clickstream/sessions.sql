-- long visits: 10 pages or more by one address, each within 70 minutes of the last
--
-- A session has no fixed length: every page keeps it open for another gap, and it closes when the watermark has passed
-- its last page by the gap. PARTITION BY gives each address sessions of its own. All hits of this log lie in one minute
-- of their hour, so a gap of less than an hour would end every visit with its hour.
--
-- FIRST_VALUE and LAST_VALUE go by arrival, which is not the order of time here, and sessions that a late page joins
-- together could not merge them. The least and the greatest of "time, then path" can be merged, whatever came first;
-- the path begins behind the 23 characters of the time and a space.
SELECT
  ip,
  MIN(event_time) AS began,
  TIMESTAMPDIFF(SECOND, MIN(event_time), MAX(event_time)) AS length_s,
  COUNT(*) AS pages,
  SUBSTRING(MIN(CAST(event_time AS STRING) || ' ' || path) FROM 25) AS entry_page,
  SUBSTRING(MAX(CAST(event_time AS STRING) || ' ' || path) FROM 25) AS exit_page
FROM SESSION(TABLE page_views PARTITION BY ip, DESCRIPTOR(event_time), INTERVAL '70' MINUTE)
GROUP BY window_start, window_end, ip
HAVING COUNT(*) >= 10;
