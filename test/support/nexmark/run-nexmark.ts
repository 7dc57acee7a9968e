import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import { root } from '../tidy/source-files.ts';

const folder = join(root, 'queries/nexmark');

/** What DuckDB and Flink 2.2 found for each data set and query: sums over the rows that remain. */
export interface Expected {
  readonly [dataSet: string]: {
    readonly events: number;
    readonly rate: number;
    readonly sha256: string;
    readonly queries: Readonly<
      Record<string, { readonly values: Readonly<Record<string, string>>; readonly byArrival?: readonly string[] }>
    >;
  };
}

export const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Expected;

/** The queries by name, but for q12, whose rows hang on the clock. */
export const queryNames: readonly string[] = readdirSync(folder)
  .filter((file) => /^q.*\.sql$/.test(file) && file !== 'q12.sql')
  .map((file) => file.replace('.sql', ''))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

const ranked = (what: string): string[] => [`total_${what}`, `rank1_${what}`, `rank2_${what}`, `rank3_${what}`];
const sums = (...columns: string[]): string[] => columns.map((column) => `SUM(${column}) AS ${column}`);

/** What is summed over a query's rows, by the names in `expected`. */
const checks: Readonly<Record<string, readonly string[]>> = {
  q0: ['SUM(price) AS sum_price', 'SUM(auction) AS sum_auction', 'SUM(bidder) AS sum_bidder'],
  q1: ['SUM(price) AS sum_price'],
  q2: ['SUM(auction) AS sum_auction', 'SUM(price) AS sum_price'],
  q3: ['SUM(id) AS sum_id', 'SUM(CHAR_LENGTH(name) + CHAR_LENGTH(city)) AS sum_length'],
  q4: [10, 11, 12, 13, 14].map((n) => `SUM(average) FILTER (WHERE category = ${n}) AS average_${n}`),
  q5: ['SUM(num) AS sum_num', 'SUM(auction) AS sum_auction'],
  q6: ['SUM(average) AS sum_average'],
  q7: ['SUM(price) AS sum_price', 'SUM(auction) AS sum_auction', 'SUM(bidder) AS sum_bidder'],
  q8: ['SUM(id) AS sum_id', 'COUNT(DISTINCT stime) AS windows'],
  q9: ['SUM(price) AS sum_price', 'SUM(bidder) AS sum_bidder', 'SUM(CHAR_LENGTH(extra)) AS sum_extra'],
  q11: ['SUM(bid_count) AS sum_count'],
  'q11-group-window': ['SUM(bid_count) AS sum_count'],
  'q12-event-time': ['SUM(bid_count) AS sum_count'],
  q13: ['SUM(CAST(`value` AS BIGINT)) AS sum_value'],
  q14: ['SUM(c_counts) AS sum_c_counts', 'SUM(price) AS sum_price'],
  q15: sums(...ranked('bids'), ...ranked('bidders'), ...ranked('auctions')),
  q16: ['MAX(`minute`) AS max_minute', ...sums(...ranked('bids'), ...ranked('bidders'), ...ranked('auctions'))],
  q17: [...['min', 'max', 'avg', 'sum'].map((what) => `SUM(${what}_price) AS sum_${what}`), ...sums(...ranked('bids'))],
  q18: ['SUM(price) AS sum_price', 'SUM(CHAR_LENGTH(extra)) AS sum_extra'],
  q19: ['SUM(price) AS sum_price', 'SUM(price * rank_number) AS sum_price_rank'],
  q20: ['SUM(price) AS sum_price', 'SUM(initialBid) AS sum_initial'],
  q21: ['SUM(price) AS sum_price', 'SUM(CAST(channel_id AS BIGINT)) AS sum_channel_id'],
  q22: ['SUM(price) AS sum_price', ...[1, 2, 3].map((n) => `SUM(CHAR_LENGTH(dir${n})) AS sum_dir${n}`)],
  q23: ['SUM(price) AS sum_price', 'SUM(initialBid) AS sum_initial'],
};

/** The tables over the files of a folder. */
export function nexmarkSetup(data: string): string {
  return readFileSync(join(folder, 'setup.sql'), 'utf8').replaceAll('queries/nexmark/data', data);
}

export function nexmarkQuery(name: string): string {
  return readFileSync(join(folder, `${name}.sql`), 'utf8');
}

/** The sums over a query's remaining rows. @throws Error when a statement is refused */
export async function nexmarkSums(
  data: string,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string | null>>> {
  const select = ['COUNT(*) AS `rows`', ...(checks[name] ?? [])].join(', ');
  const script = `${nexmarkSetup(data)} CREATE VIEW answer AS ${nexmarkQuery(name)} SELECT ${select} FROM answer;`;
  const engine = new Engine({ settings });
  let textsOf: ReturnType<typeof rowTexts> | null = null;
  let names: readonly string[] = [];
  let last: readonly (string | null)[] = [];
  for await (const event of engine.run(new SourceText(`${name}.sql`, script))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'answer') {
      textsOf = rowTexts(event.header);
      names = event.header.columns.map((column) => column.name);
    } else if (event.kind === 'rows') {
      // One row, updated: the last that was added stands.
      for (const row of event.rows) if (row.kind === '+I' || row.kind === '+U') last = textsOf?.(row) ?? [];
    }
  }
  return Object.fromEntries(names.map((column, at) => [column, last[at] ?? null]));
}
