import type { RecordBatch } from 'apache-arrow';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { exportArrow } from '../../src/memory/arrow/arrow-export.ts';
import { Memory } from '../../src/memory/memory.ts';
import { nexmarkQuery, nexmarkSetup } from '../../test/support/nexmark/run-nexmark.ts';
import { runScript } from '../engine.ts';

const kinds = {
  person: ['id', 'name', 'emailAddress', 'creditCard', 'city', 'state', 'extra'],
  auction: ['id', 'itemName', 'description', 'initialBid', 'reserve', 'expires', 'seller', 'category', 'extra'],
  bid: ['auction', 'bidder', 'price', 'channel', 'url', 'extra'],
} as const;

const columns = Object.entries(kinds).flatMap(([kind, fields]) => fields.map((field) => ({ kind, field })));
const numbers = new Set('id initialBid reserve seller category auction bidder price'.split(' '));
const typeOf = (field: string): string =>
  field === 'expires' ? 'TIMESTAMP(3)' : numbers.has(field) ? 'BIGINT' : 'STRING';

/** The events of a folder in Arrow record batches, a column a field of each kind. */
export async function eventBatches(folder: string): Promise<readonly RecordBatch[]> {
  const memory = Memory.create();
  const batches: RecordBatch[] = [];
  const fields = columns.map(({ kind, field }) => `${kind}.${field} AS ${kind}_${field}`);
  const sql = `${nexmarkSetup(folder)} SELECT event_type, \`dateTime\`, ${fields.join(', ')} FROM events;`;
  await runScript(sql, { memory, take: (batch) => batches.push(exportArrow(memory, batch)) });
  return batches;
}

/** The time of a query over such batches: the engine without its decoder. Its rows go nowhere. */
export async function arrowMs(folder: string, batches: readonly RecordBatch[], query: string): Promise<number> {
  const views = Object.entries(kinds).map(([kind, fields], at) => {
    const shown = fields.map((field) => `${kind}_${field} AS ${field}`);
    return `CREATE VIEW ${kind} AS SELECT ${shown.join(', ')}, \`dateTime\` FROM events WHERE event_type = ${at};`;
  });
  const sql = `
    CREATE TABLE events (event_type INT, \`dateTime\` TIMESTAMP(3),
      ${columns.map(({ kind, field }) => `${kind}_${field} ${typeOf(field)}`).join(', ')},
      WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND)
    WITH ('connector' = 'arrow', 'batches' = 'events');
    ${views.join('\n')}
    ${nexmarkSetup(folder).replace(/^[\s\S]*(?=CREATE TABLE side_input)/, '')}
    CREATE TABLE nothing WITH ('connector' = 'blackhole') AS ${nexmarkQuery(query)}`;
  const engine = new Engine({ recordBatches: new Map([['events', batches]]) });
  const fromMs = performance.now();
  for await (const event of engine.run(new SourceText(query, sql))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
  }
  engine.close();
  return performance.now() - fromMs;
}
