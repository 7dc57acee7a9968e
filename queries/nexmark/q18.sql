-- the last bid of each person on each auction: deduplication that keeps the last row
SELECT auction, bidder, price, channel, url, `dateTime`, extra
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY `dateTime` DESC) AS r FROM bid)
WHERE r <= 1;
