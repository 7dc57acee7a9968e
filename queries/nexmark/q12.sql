-- how many bids each person made in each 10 seconds of the machine's clock
-- What comes out hangs on the clock; q12-event-time gives the same rows each time.
SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TUMBLE((SELECT *, PROCTIME() AS p_time FROM bid), DESCRIPTOR(p_time), INTERVAL '10' SECOND)
GROUP BY bidder, window_start, window_end;
