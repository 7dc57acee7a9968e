-- how many bids each person made in each 10 seconds of the events' own time
SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)
GROUP BY bidder, window_start, window_end;
