-- crawlers against people, by what the user agent says of itself
--
-- A GROUP BY without a window has no end, so its result is never final: every hit may change a group. It is sent as a
-- changelog, in the op column: +I a new row, -U and +U an old row and the new one in its place. The rows that remain
-- when all changes are applied are the answer so far.
-- The first branch of a CASE that holds decides; LIKE takes % for any text.
WITH named AS (
  SELECT
    CASE
      WHEN user_agent LIKE '%Googlebot%' THEN 'Google'
      WHEN user_agent LIKE '%bingbot%' OR user_agent LIKE '%msnbot%' THEN 'Bing'
      WHEN user_agent LIKE '%bot%' OR user_agent LIKE '%Bot%'
        OR user_agent LIKE '%spider%' OR user_agent LIKE '%Spider%'
        OR user_agent LIKE '%crawl%' OR user_agent LIKE '%Crawl%' THEN 'another crawler'
      WHEN user_agent LIKE '%Feed%' OR user_agent LIKE '%feed%' OR user_agent LIKE '%RSS%' THEN 'a feed reader'
      WHEN user_agent LIKE 'Mozilla/%' OR user_agent LIKE 'Opera/%' THEN 'a person'
      ELSE 'a program'
    END AS visitor,
    ip,
    `bytes`
  FROM hits
)
SELECT visitor, COUNT(*) AS `views`, COUNT(DISTINCT ip) AS addresses, SUM(`bytes`) AS bytes_sent
FROM named
GROUP BY visitor;
