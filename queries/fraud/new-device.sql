-- payments above 50 within ten minutes after the card was put on a new device
--
-- The times of both sides bound each other, so that neither side is kept for longer than the ten minutes.
SELECT p.id, p.card, p.paid_at, p.amount, d.device, d.seen_at
FROM payments AS p JOIN devices AS d
  ON p.card = d.card AND p.paid_at BETWEEN d.seen_at AND d.seen_at + INTERVAL '10' MINUTE
WHERE p.amount > 50;
