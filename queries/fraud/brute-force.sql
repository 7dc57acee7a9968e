-- addresses that fail five times or more within ten minutes
--
-- OVER looks back from each row: the failures of the same address in the ten minutes before it. It answers at each row,
-- where a window would answer at its end.
SELECT event_time, ip, `user`, failures
FROM (
  SELECT event_time, ip, `user`,
         SUM(times) OVER (PARTITION BY ip ORDER BY event_time
                          RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS failures
  FROM logins
  WHERE outcome = 'failed')
WHERE failures >= 5;
