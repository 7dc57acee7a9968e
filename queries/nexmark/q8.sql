-- persons who came and opened an auction within the same 10 seconds: a join of windows
SELECT p.id, p.name, p.window_start AS stime
FROM (
  SELECT id, name, window_start, window_end
  FROM TUMBLE(TABLE person, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)
  GROUP BY id, name, window_start, window_end
) AS p JOIN (
  SELECT seller, window_start, window_end
  FROM TUMBLE(TABLE auction, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)
  GROUP BY seller, window_start, window_end
) AS a
  ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end;
