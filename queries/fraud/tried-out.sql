-- cards that are tried out with small amounts and then drained, within five minutes
SELECT card, tries, tried_at, drained_at, drained
FROM payments
MATCH_RECOGNIZE (
  PARTITION BY card
  ORDER BY paid_at
  MEASURES
    COUNT(small.id) AS tries,
    FIRST(small.paid_at) AS tried_at,
    big.paid_at AS drained_at,
    big.amount AS drained
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (small{2,} big) WITHIN INTERVAL '5' MINUTE
  DEFINE
    small AS small.amount < 5,
    big AS big.amount > 1000
);
