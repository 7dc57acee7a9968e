import { fail } from '../../diagnostics/diagnostic.ts';
import { inputsOf } from '../children.ts';
import { isAppendOnly, type LogicalNode, type LogicalSink } from '../logical.ts';
import { notYet } from './bind-expression.ts';

/**
 * Whether the rankings within windows can be executed: what they have sent is never taken back. As in Flink a view may
 * have one that cannot, as long as no query reads it.
 * @throws DiagnosticError B032, W002
 */
export function checkWindowRanks(sinks: readonly LogicalSink[]): void {
  const seen = new Set<LogicalNode>();
  const check = (node: LogicalNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    checkNode(node);
    inputsOf(node).forEach(check);
  };
  for (const { input } of sinks) check(input);
}

function checkNode(node: LogicalNode): void {
  if ((node.kind !== 'top-n' && node.kind !== 'deduplicate') || node.window === null) return;
  const what = node.kind === 'top-n' ? 'a window Top-N' : 'a deduplication of windows';
  if (!isAppendOnly(node.input.changes)) {
    fail('B032', node.span, `${what} cannot take the updates of its input`, {
      help: 'rank before the window, or leave window_start and window_end out of PARTITION BY',
    });
  }
  if (node.window.time === 'processing') notYet('W002', node.span, `${what} by processing time`);
}
