-- the same hits, read from an embedded stream of four shards
--
-- Runs behind ../setup.sql, as `npm start` does: the table keeps its columns and its watermark, and reads a stream in the
-- place of files. TRIM_HORIZON begins with the oldest record; with 'source.end.position', which is Tidemark's own, the
-- queries end with the last record that there is. Without it they go on, and wait for what is put.
ALTER TABLE hits RESET ('path');

ALTER TABLE hits SET (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/clickstream-example',
  'aws.region' = 'us-east-1',
  'source.init.position' = 'TRIM_HORIZON',
  'source.end.position' = 'LATEST'
);
