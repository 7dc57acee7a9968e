-- the bids with a value of a small table
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.`value`
FROM (SELECT *, MOD(auction, 10000) AS k FROM bid) AS b JOIN side_input AS s ON s.`key` = b.k;
