-- a login that succeeds behind three failures or more in a row from the same address, within ten minutes
--
-- A pattern over the rows of an address in the order of their time: failures, then a success right behind them. A user
-- whose key is refused before each password succeeds has a failure in a row at a time, and is none. SKIP PAST LAST ROW
-- begins the next search behind the success.
SELECT ip, first_failure, failed, broke_in_at, broke_in_as
FROM logins
MATCH_RECOGNIZE (
  PARTITION BY ip
  ORDER BY event_time
  MEASURES
    FIRST(failure.event_time) AS first_failure,
    SUM(failure.times) AS failed,
    success.event_time AS broke_in_at,
    success.`user` AS broke_in_as
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (failure{3,} success) WITHIN INTERVAL '10' MINUTE
  DEFINE
    failure AS failure.outcome = 'failed',
    success AS success.outcome = 'accepted'
);
