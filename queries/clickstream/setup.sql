-- one table over four files of real web hits
--
-- `npm start` lets the same table read an embedded stream of four shards instead: over-stream/setup.sql.
--
-- Every file of the folder is a shard: it is read in its own order, has a watermark of its own, and the query's
-- watermark is the lowest of the four. The hits lie in disorder of up to 59 seconds, so the watermark stays a minute
-- behind the newest hit of its shard, and no hit comes too late.
CREATE TABLE hits (
  ip         STRING,
  event_time TIMESTAMP(3),
  `method`   STRING,
  path       STRING,
  status     INT,
  `bytes`    BIGINT,        -- NULL where nothing was sent
  referrer   STRING,
  user_agent STRING,
  WATERMARK FOR event_time AS event_time - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = 'queries/clickstream/hits',
  'format' = 'json'
);

-- What people read: pages that were found, without what a page draws in by itself (images, styles, scripts), without
-- the feeds that programs fetch, and without what follows a question mark. A view is a name for a query; event_time
-- stays an event time in it, so windows can be cut over the view as over the table.
CREATE VIEW page_views AS
SELECT ip, event_time, SPLIT_INDEX(path, '?', 0) AS path
FROM hits
WHERE status = 200
  AND NOT REGEXP(path, '^/images/|\.(png|jpg|jpeg|gif|ico|svg|css|js|txt|xml)$|[?&]flav=');
