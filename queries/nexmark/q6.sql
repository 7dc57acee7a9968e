-- the average price of a seller's last ten sold auctions: a Top-10 over a Top-1 over a join
SELECT seller, AVG(price) AS average
FROM (
  SELECT seller, price, ROW_NUMBER() OVER (PARTITION BY seller ORDER BY sold DESC, id DESC) AS k
  FROM (
    SELECT a.id, a.seller, b.price, b.`dateTime` AS sold,
           ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.`dateTime`) AS r
    FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  )
  WHERE r = 1
)
WHERE k <= 10
GROUP BY seller;
