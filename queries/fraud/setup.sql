-- real logins of a host, and payments by card with their devices and limits
--
-- The logins come in order, several in one second: the watermark stays a second behind, or the second of them would be
-- late. The payments come in disorder of up to a minute, and one in a hundred an hour late: the
-- watermark waits a minute, and a later one is dropped by the windows it would have been in, and counted.
CREATE TABLE logins (
  event_time TIMESTAMP(3),
  ip         STRING,
  `user`     STRING,
  outcome    STRING,        -- 'failed' or 'accepted'
  times      INT,           -- so often in a row
  WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'queries/fraud/data/logins.ndjson', 'format' = 'json');

CREATE TABLE received_payments (
  id       BIGINT,
  card     STRING,
  paid_at  TIMESTAMP(3),
  amount   DECIMAL(10, 2),
  merchant STRING,
  country  STRING,
  WATERMARK FOR paid_at AS paid_at - INTERVAL '1' MINUTE
) WITH ('connector' = 'filesystem', 'path' = 'queries/fraud/data/payments.ndjson', 'format' = 'json');

-- The queue delivers some payments twice. The first of each id is kept; the view keeps its event time.
CREATE VIEW payments AS
SELECT id, card, paid_at, amount, merchant, country
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY paid_at) AS copy FROM received_payments)
WHERE copy = 1;

CREATE TABLE devices (
  card    STRING,
  device  STRING,
  seen_at TIMESTAMP(3),
  WATERMARK FOR seen_at AS seen_at
) WITH ('connector' = 'filesystem', 'path' = 'queries/fraud/data/devices.ndjson', 'format' = 'json');

-- A table of versions: a later row of a card replaces the one before, from its time on.
CREATE TABLE card_limits (
  card       STRING,
  valid_from TIMESTAMP(3),
  amount     DECIMAL(10, 2),
  WATERMARK FOR valid_from AS valid_from
) WITH ('connector' = 'filesystem', 'path' = 'queries/fraud/data/limits.ndjson', 'format' = 'json');

CREATE VIEW limits AS
SELECT card, valid_from, amount
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY card ORDER BY valid_from DESC) AS version FROM card_limits)
WHERE version = 1;
