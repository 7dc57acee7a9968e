-- payments above the limit that the card had when it paid
--
-- FOR SYSTEM_TIME AS OF takes the version of the limit at the payment's time, not the newest: a limit that is lowered
-- later does not make earlier payments suspicious.
SELECT p.id, p.card, p.paid_at, p.amount, l.amount AS card_limit, l.valid_from
FROM payments AS p JOIN limits FOR SYSTEM_TIME AS OF p.paid_at AS l ON p.card = l.card
WHERE p.amount > l.amount;
