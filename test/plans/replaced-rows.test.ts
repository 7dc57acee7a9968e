import { describe, expect, test } from 'vitest';
import { changeKind } from '../../src/memory/batch.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { operatorOf as operatorIn } from '../support/operators/operators-of.ts';
import { OperatorRun, type OutputRow } from '../support/operators/run-operator.ts';

const memory = Memory.create();
const tables = `
  CREATE TABLE rows_in (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE changes_in (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE keyed (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE by_k (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
  CREATE TABLE all_out (k STRING, v BIGINT) WITH ('connector' = 'print');
  CREATE TABLE upserts_out (k STRING, v BIGINT) WITH ('connector' = 'blackhole');
`;
type Change = readonly [kind: number, ...row: readonly (string | number)[]];

function sent(node: PhysicalOperator, changes: readonly Change[]): readonly OutputRow[] {
  const run = new OperatorRun(node, { memory });
  // One row a batch: every update is sent.
  for (const [kind, ...row] of changes) run.rowsIn([row], [kind]);
  run.close();
  return run.rows;
}

function operatorOf(insert: string, kind: PhysicalOperator['work']['kind']): PhysicalOperator {
  return operatorIn(tables, insert, kind);
}

const { insert, updateBefore, updateAfter, delete: remove } = changeKind;

describe('what an update replaces', () => {
  const rows: readonly Change[] = [
    [insert, 'a', 1],
    [insert, 'a', 2],
    [insert, 'b', 3],
  ];

  test('is sent by an aggregate to a sink that takes all changes', () => {
    const node = operatorOf('INSERT INTO all_out SELECT k, COUNT(*) FROM rows_in GROUP BY k', 'aggregate');
    expect(sent(node, rows)).toEqual([
      [insert, 'a', 1n],
      [updateBefore, 'a', 1n],
      [updateAfter, 'a', 2n],
      [insert, 'b', 1n],
    ]);
  });

  test('is left out by it for a sink that takes upserts', () => {
    const node = operatorOf('INSERT INTO upserts_out SELECT k, COUNT(*) FROM rows_in GROUP BY k', 'aggregate');
    expect(sent(node, rows)).toEqual([
      [insert, 'a', 1n],
      [updateAfter, 'a', 2n],
      [insert, 'b', 1n],
    ]);
  });

  test('is left out behind a source of changes where nobody needs it', () => {
    const node = operatorOf('INSERT INTO upserts_out SELECT k, CAST(v AS BIGINT) FROM changes_in', 'collect');
    expect(node.steps.map(({ kind }) => kind)).toContain('drop-update-before');
    const changes: readonly Change[] = [
      [insert, 'a', 1],
      [updateBefore, 'a', 1],
      [updateAfter, 'a', 2],
      [remove, 'a', 2],
    ];
    expect(sent(node, changes)).toEqual([
      [insert, 'a', 1n],
      [updateAfter, 'a', 2n],
      [remove, 'a', 2n],
    ]);
  });

  test('is left out by a Top-N with its rank', () => {
    const ranked = 'SELECT k, v, ROW_NUMBER() OVER (ORDER BY v DESC, k) AS place FROM rows_in';
    const node = operatorOf(`INSERT INTO upserts_out SELECT k, place FROM (${ranked}) WHERE place <= 2`, 'top-n');
    expect(node.changes.updateBefore).toBe(false);
    const kinds = sent(node, rows).map(([kind]) => kind);
    expect(kinds).not.toContain(updateBefore);
    expect(kinds).toContain(updateAfter);
  });

  test('is not needed by a join whose key is part of a unique one: partners stay, and are counted once', () => {
    const node = operatorOf(
      'INSERT INTO by_k SELECT a.k, CAST(b.v AS BIGINT) FROM keyed a LEFT JOIN keyed b ON a.k = b.k',
      'join',
    );
    const run = new OperatorRun(node, { memory });
    const left = (kind: number, ...row: readonly (string | number)[]): void => run.rowsIn([row], [kind], 0);
    const right = (kind: number, ...row: readonly (string | number)[]): void => run.rowsIn([row], [kind], 1);
    left(insert, 'a', 1);
    right(insert, 'a', 10);
    right(updateAfter, 'a', 20);
    left(updateAfter, 'a', 2);
    right(remove, 'a', 20);
    expect(run.rows).toEqual([
      [insert, 'a', null],
      [remove, 'a', null],
      [insert, 'a', 10n],
      [insert, 'a', 20n],
      [insert, 'a', 20n],
      [remove, 'a', 20n],
      // The last partner has gone, though it came twice.
      [insert, 'a', null],
    ]);
    run.close();
  });

  test('is not needed by a semi join so either', () => {
    const node = operatorOf(
      'INSERT INTO by_k SELECT k, CAST(v AS BIGINT) FROM keyed WHERE k IN (SELECT k FROM keyed)',
      'join',
    );
    const run = new OperatorRun(node, { memory });
    run.rowsIn([['a', 1]], [insert], 0);
    run.rowsIn([['a', 10]], [insert], 1);
    run.rowsIn([['a', 20]], [updateAfter], 1);
    run.rowsIn([['a', 2]], [updateAfter], 0);
    run.rowsIn([['a', 20]], [remove], 1);
    expect(run.rows).toEqual([
      [insert, 'a', 1n],
      [updateAfter, 'a', 2n],
      [remove, 'a', 2n],
    ]);
    run.close();
  });
});
