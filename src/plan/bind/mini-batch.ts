import type { Settings } from '../../catalog/settings.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { MiniBatch } from '../logical.ts';

/** The mini-batches that the session asks for; null: none. @throws DiagnosticError O003 where they are not described */
export function miniBatchOf(settings: Settings, span: Span): MiniBatch | null {
  if (!settings.boolean('table.exec.mini-batch.enabled')) return null;
  const latencyMs = settings.durationMs('table.exec.mini-batch.allow-latency');
  const sizeRows = settings.int('table.exec.mini-batch.size');
  if (latencyMs <= 0) {
    fail('O003', span, 'mini-batches need "table.exec.mini-batch.allow-latency" above 0', {
      help: "SET 'table.exec.mini-batch.allow-latency' = '1 s', or switch them off",
    });
  }
  if (sizeRows <= 0) {
    fail('O003', span, 'mini-batches need "table.exec.mini-batch.size" above 0', {
      help: "SET 'table.exec.mini-batch.size' = '5000', or switch them off",
    });
  }
  const phases = settings.get('table.optimizer.agg-phase-strategy') === 'ONE_PHASE' ? 1 : 2;
  return { latencyMs, sizeRows, phases };
}
