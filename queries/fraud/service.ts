// Card velocity: more than two payments on one card within a minute, looked at every ten seconds.
import { Tidemark } from 'tidemark';

await using tide = await Tidemark.open();

// Any async iterable will do: a queue's consumer, a database cursor, a generator.
async function* payments() {
  yield { card: 'c-1', amount: '20.00', paid_at: '2024-01-01 10:00:01' };
  yield { card: 'c-2', amount: '9.99', paid_at: '2024-01-01 10:00:05' };
  yield { card: 'c-1', amount: '25.50', paid_at: '2024-01-01 10:00:12' };
  yield { card: 'c-1', amount: '310.00', paid_at: '2024-01-01 10:00:31' };
}

tide.table('payments', payments(), {
  columns: { card: 'STRING', amount: 'DECIMAL(10, 2)', paid_at: 'TIMESTAMP(3)' },
  watermark: { column: 'paid_at', delay: '5 seconds' },
});

const alerts = tide.query<{ card: string; n: bigint; total: string; window_end: Date }>(`
  SELECT card, COUNT(*) AS n, SUM(amount) AS total, window_end
  FROM HOP(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)
  GROUP BY card, window_start, window_end
  HAVING COUNT(*) > 2`);

await alerts.rows$.forEach(({ row }) => {
  console.log(`${row.window_end.toISOString()} ${row.card}: ${row.n} payments, ${row.total}`);
});
