-- a category's average over its auctions' highest bids: an aggregate over an aggregate over a join
-- Nothing waits for an auction to close: each higher bid takes the old average back and sends the new one.
SELECT category, AVG(top) AS average
FROM (
  SELECT a.id, a.category, MAX(b.price) AS top
  FROM auction AS a JOIN bid AS b
    ON b.auction = a.id AND b.`dateTime` >= a.`dateTime` AND b.`dateTime` <= a.expires
  GROUP BY a.id, a.category
)
GROUP BY category;
