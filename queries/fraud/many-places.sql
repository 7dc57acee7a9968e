-- cards that pay in three countries or more within ten minutes, or at eight merchants or more
--
-- CUMULATE would show it earlier, TUMBLE would miss what lies across two windows; HOP by a minute sees each ten minutes.
SELECT card, window_start, window_end, COUNT(DISTINCT country) AS countries, COUNT(DISTINCT merchant) AS merchants
FROM HOP(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)
GROUP BY card, window_start, window_end
HAVING COUNT(DISTINCT country) >= 3 OR COUNT(DISTINCT merchant) >= 8;
