-- payments of more than ten times what the card paid on average in the twenty payments before
SELECT id, card, paid_at, amount, usual
FROM (
  SELECT id, card, paid_at, amount,
         COUNT(*) OVER recent - 1 AS payments_before,
         -- The frame ends at the row itself, which does not count as usual.
         (SUM(amount) OVER recent - amount) / (COUNT(*) OVER recent - 1) AS usual
  FROM payments
  WINDOW recent AS (PARTITION BY card ORDER BY paid_at ROWS BETWEEN 20 PRECEDING AND CURRENT ROW))
WHERE payments_before > 0 AND amount > 10 * usual;
