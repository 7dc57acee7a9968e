-- the bids at the highest price of each 10 seconds: a stream joined with its own windows
SELECT b.auction, b.bidder, b.price, b.`dateTime`, b.extra
FROM bid AS b JOIN (
  SELECT MAX(price) AS top, window_end AS ends
  FROM TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)
  GROUP BY window_start, window_end
) AS w
  ON b.price = w.top AND b.`dateTime` BETWEEN w.ends - INTERVAL '10' SECOND AND w.ends;
