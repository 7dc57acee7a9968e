/** Tables that the plans read. */
export const tables = `
CREATE TABLE hits (
  address STRING, status INT, size BIGINT, name STRING,
  ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE
) WITH ('connector' = 'datagen');
CREATE TABLE plain (a INT, b INT NOT NULL, c STRING) WITH ('connector' = 'datagen');
CREATE TABLE flags (ok BOOLEAN, a INT) WITH ('connector' = 'datagen');
CREATE TABLE files (id INT, who ROW<name STRING, home ROW<city STRING, zip INT>>, ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
`;
