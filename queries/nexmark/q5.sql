-- the auctions with the most bids of the last 10 seconds, every 2 seconds
-- The counts are read twice, and computed once; the join keeps no more than a window.
WITH counts AS (
  SELECT auction, window_start, window_end, COUNT(*) AS num
  FROM HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND)
  GROUP BY auction, window_start, window_end
), highest AS (
  SELECT window_start, window_end, MAX(num) AS num FROM counts GROUP BY window_start, window_end
)
SELECT c.auction, c.num
FROM counts AS c JOIN highest AS h
  ON c.window_start = h.window_start AND c.window_end = h.window_end AND c.num >= h.num;
