-- each bid's price in another currency: exact decimals
SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra FROM bid;
