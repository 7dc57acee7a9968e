// Functions of one's own in SQL: what payments of each kind usually are, with card numbers that may be shown.
import { Tidemark } from 'tidemark';

await using tide = await Tidemark.open();

tide.function('masked', {
  parameters: ['STRING'],
  returns: 'STRING',
  call: (card) => card.replace(/\d(?=\d{4})/g, '*'),
});

// One sum outshouts an average; a geometric mean hardly hears it.
tide.aggregateFunction('geo_mean', {
  parameters: ['DOUBLE'],
  returns: 'DOUBLE',
  accumulator: { n: 'BIGINT NOT NULL', logs: 'DOUBLE NOT NULL' },
  init: () => ({ n: 0n, logs: 0 }),
  add: ({ n, logs }, amount) => ({ n: n + 1n, logs: logs + Math.log(amount) }),
  merge: (older, newer) => ({ n: older.n + newer.n, logs: older.logs + newer.logs }),
  result: ({ n, logs }) => (n === 0n ? null : Math.exp(logs / Number(n))),
});

tide.tableFunction('labels', {
  parameters: ['STRING'],
  columns: { label: 'STRING NOT NULL' },
  *rows(note) {
    for (const [, label = ''] of note.matchAll(/#(\w+)/g)) yield { label };
  },
});

const payments = [
  { card: '4929123456781234', amount: '16.00', note: '#food #card', paid_at: '2024-01-01 10:00:01' },
  { card: '4929123456781234', amount: '4.00', note: '#food', paid_at: '2024-01-01 10:00:20' },
  { card: '5105105105105100', amount: '2000.00', note: '#travel', paid_at: '2024-01-01 10:00:30' },
  { card: '4929123456781234', amount: '800.00', note: '#food', paid_at: '2024-01-01 10:00:50' },
];
tide.table('payments', payments, {
  columns: { card: 'STRING', amount: 'DECIMAL(10, 2)', note: 'STRING', paid_at: 'TIMESTAMP(3)' },
  watermark: { column: 'paid_at' },
});

const usual = tide.query<{ card: string; label: string; usual: number }>(`
  SELECT masked(card) AS card, label, geo_mean(amount) AS usual
  FROM TUMBLE(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE), LATERAL TABLE(labels(note)) AS l (label)
  GROUP BY card, label, window_start, window_end`);

for await (const { row } of usual) console.log(row.card, row.label, row.usual.toFixed(2));
