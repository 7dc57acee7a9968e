import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { ResultRow } from '../../src/session/statement-event.ts';

const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-normalize-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Item {
  readonly id: string;
  readonly n: number | null;
  readonly s: string | null;
}

/** A change as it may arrive: twice, without what it follows, with an old row that is wrong. */
const item = fc.record({
  id: fc.constantFrom('a', 'b', 'a longer key'),
  n: fc.option(fc.constantFrom(1, 2), { nil: null }),
  s: fc.option(fc.constantFrom('', 'x', 'a text that does not fit into eight bytes'), { nil: null }),
});
const event = fc.record({ op: fc.constantFrom('c', 'u', 'd'), row: item });

async function changesOf(events: readonly { op: string; row: Item }[], batchSize: number): Promise<ResultRow[]> {
  const path = join(folder, 'changes.json');
  const records = events.map(({ op, row }) =>
    JSON.stringify({ op, before: op === 'c' ? null : row, after: op === 'd' ? null : row }),
  );
  writeFileSync(path, records.map((record) => `${record}\n`).join(''));
  const engine = new Engine({ memory, settings: { 'tidemark.batch-size': String(batchSize) } });
  const sql = `SET 'table.exec.source.cdc-events-duplicate' = 'true';
    CREATE TABLE t (n INT, id STRING, s STRING, PRIMARY KEY (id) NOT ENFORCED)
      WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'debezium-json');
    SELECT id, n, s FROM t`;
  const rows: ResultRow[] = [];
  for await (const each of engine.run(new SourceText('q.sql', sql))) {
    if (each.kind === 'refused') throw new Error(each.diagnostics.map(({ message }) => message).join('\n'));
    if (each.kind === 'rows') rows.push(...each.rows);
  }
  return rows;
}

test('what is sent is a change log without repetitions that ends in the last row of each key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), fc.constantFrom(1, 7, 8192), async (events, batchSize) => {
      const expected = new Map<string, Item>();
      for (const { op, row } of events) {
        if (op === 'd') expected.delete(row.id);
        else expected.set(row.id, row);
      }
      const held = new Map<unknown, string>();
      let taken: unknown = null;
      for (const { kind, values } of await changesOf(events, batchSize)) {
        const [id] = values;
        const text = JSON.stringify(values);
        if (kind === '-U' || kind === '-D') {
          expect(held.get(id)).toBe(text);
          held.delete(id);
          taken = kind === '-U' ? id : null;
        } else {
          expect(held.has(id)).toBe(false);
          expect(taken).toBe(kind === '+U' ? id : null);
          taken = null;
          held.set(id, text);
        }
      }
      expect(held).toEqual(new Map([...expected].map(([id, { n, s }]) => [id, JSON.stringify([id, n, s])])));
    }),
    { numRuns: process.env.TIDEMARK_FUZZ_RUNS === undefined ? 200 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 20 },
  );
});
