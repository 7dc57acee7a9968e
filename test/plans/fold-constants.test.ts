import { describe, expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';
import { tables } from './tables.ts';

/** The value of the only column, as the plan shows it. */
async function projected(expression: string): Promise<string> {
  const [, line = ''] = (await planText(`${tables} SELECT ${expression} AS x FROM flags`)).split('\n');
  return line.replace(/^.*project /, '').replace(/ {2}\[I\]$/, '');
}

describe('constants are folded', () => {
  test.each([
    ["INTERVAL '1' DAY * 7", '604800000 AS x'],
    ["UPPER('a') || CAST(1 + 1 AS STRING)", "'A2' AS x"],
    ['CAST(1 AS DECIMAL(5, 2)) * a', '(100 * a) AS x'],
    ["TO_TIMESTAMP('2024-01-01 00:00:00')", '1704067200000 AS x'],
    ['CASE WHEN 1 = 2 THEN 3 WHEN ok THEN 4 ELSE 2 + 3 END', 'CASE(ok, 4, 5) AS x'],
    ['CASE WHEN ok THEN 4 WHEN 1 < 2 THEN 5 ELSE a END', 'CASE(ok, 4, 5) AS x'],
    ['CASE WHEN 1 > 2 THEN a ELSE 2 END + 3', '5 AS x'],
    ['COALESCE(CAST(NULL AS INT), a, 2, a)', 'COALESCE(a, 2) AS x'],
    ['COALESCE(1 + 1, a)', '2 AS x'],
    ['ok AND 1 = 1', 'ok AS x'],
    ['ok OR 1 = 1', 'TRUE AS x'],
    ['ok AND CAST(NULL AS BOOLEAN)', '(ok AND NULL) AS x'],
    ['NOT NOT ok', 'ok AS x'],
  ])('%s is %s', async (expression, folded) => expect(await projected(expression)).toBe(folded));

  test.each([
    ['1 / 0', '(1 / 0) AS x'],
    ["CAST('a' AS INT)", "CAST('a' AS INT) AS x"],
    ['CASE WHEN ok THEN 1 / 0 ELSE 2 END', 'CASE(ok, (1 / 0), 2) AS x'],
  ])('%s fails, and is left for the row that reaches it', async (expression, left) =>
    expect(await projected(expression)).toBe(left),
  );

  test('what might fail is computed before a FALSE behind it', async () => {
    expect(await projected("CAST('a' || name AS INT) = 1 AND FALSE FROM hits --")).toContain('AND FALSE');
    expect(await projected('ok AND FALSE')).toBe('FALSE AS x');
  });

  test('what is not deterministic is not folded', async () => {
    expect(await projected('RAND() < 2')).toContain('RAND()');
    expect(await projected('CURRENT_DATE')).toContain('CURRENT_DATE');
  });
});

describe('filters that are settled', () => {
  test('a filter that all rows pass is left out, also in an aggregate', async () => {
    expect(await planText(`${tables} SELECT SUM(a) FILTER (WHERE 1 = 1) AS s FROM plain WHERE 1 = 1 OR a > 2`)).toBe(
      `result [I,UB,UA]
└─ project SUM AS s  [I,UB,UA]
   └─ aggregate: SUM(a)   keeps: one row, for ever  [I,UB,UA]
      └─ scan plain: a  [I]`,
    );
  });

  test('a filter that no row passes reads nothing, and UNKNOWN is as FALSE', async () => {
    const nothing = `result [I]
└─ values: 0 rows  [I]`;
    expect(await planText(`${tables} SELECT a FROM plain WHERE 1 = 2`)).toBe(nothing);
    expect(await planText(`${tables} SELECT a FROM plain WHERE a > 1 AND CAST(NULL AS BOOLEAN)`)).toBe(nothing);
    expect(await planText(`${tables} SELECT a FROM plain LIMIT 0`)).toBe(nothing);
  });

  test('a side of UNION ALL without rows is left out, and its columns keep their names', async () => {
    expect(await planText(`${tables} SELECT a AS x FROM plain WHERE FALSE UNION ALL SELECT b FROM plain`)).toBe(
      `result [I]
└─ project b AS x  [I]
   └─ scan plain: b  [I]`,
    );
  });
});
