import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';

const table = `
CREATE TABLE ev (usr STRING, kind STRING, n INT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');`;

test('a match reads what its conditions and the measures that are wanted need; a filter on its partition goes below', async () => {
  const plan = await planText(`${table}
    SELECT usr, bs, l FROM ev MATCH_RECOGNIZE (
      PARTITION BY usr ORDER BY ts
      MEASURES A.note AS unread, COUNT(B.n) AS bs, LAST(B.n, 1) + 1 AS l, MATCH_ROWTIME() AS mt
      PATTERN (A B{2,}? C?) WITHIN INTERVAL '1' HOUR
      DEFINE A AS A.kind = 'a', B AS B.n > FIRST(A.n)
    ) WHERE usr = 'x' AND bs > 2;`);
  expect(plan).toBe(
    [
      'result [I]',
      '└─ filter (bs > 2)  [I]',
      "   └─ match A B{2,}? C? by usr order by ts within 1 h: COUNT(B.n) AS bs, (LAST(B.n, 1) + 1) AS l; where A (A.kind = 'a'), B (B.n > FIRST(A.n))   keeps: rows, until the watermark passes their time; those of matches begun, each by itself, at most 1048576 a partition, until a row ends the match, or for 1 h  [I]",
      "      └─ filter (usr = 'x')  [I]",
      '         └─ watermark ts AS ts  [I]',
      "            └─ scan ev: usr, ts; where usr = 'x' also kind, n  [I]",
    ].join('\n'),
  );
});
