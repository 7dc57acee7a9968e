-- cards with more than five payments within a minute, looked at every ten seconds
SELECT card, window_start, window_end, COUNT(*) AS payments, SUM(amount) AS total
FROM HOP(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)
GROUP BY card, window_start, window_end
HAVING COUNT(*) > 5;
