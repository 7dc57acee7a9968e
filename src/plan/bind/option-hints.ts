import type { Session } from '../../catalog/session.ts';
import type { Table } from '../../catalog/table.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Hint } from '../../sql/ast.ts';

/** The table with the options of its OPTIONS hints over its own. @throws DiagnosticError B039 */
export function withOptionHints(table: Table, hints: readonly Hint[], session: Session): Table {
  const options = new Map(table.options);
  for (const hint of hints) {
    const name = hint.name.name.toUpperCase();
    if (!knownHints.has(name)) unknownHint(hint);
    if (name !== 'OPTIONS') continue;
    if (!session.settings.boolean('table.dynamic-table-options.enabled')) {
      fail('B039', hint.span, 'OPTIONS hints are switched off', {
        help: "SET 'table.dynamic-table-options.enabled' = 'true'",
      });
    }
    for (const option of hint.options) {
      if (option.kind !== 'hintProperty') fail('B039', hint.span, "OPTIONS takes 'key' = 'value'");
      const key = option.key.kind === 'text' ? option.key.value : option.key.name;
      options.set(key, { value: option.value.value, keySpan: option.key.span, valueSpan: option.value.span });
    }
  }
  return hints.length === 0 ? table : { ...table, options };
}

const knownHints: ReadonlySet<string> = new Set([
  'OPTIONS',
  'STATE_TTL',
  'LOOKUP',
  'BROADCAST',
  'SHUFFLE_HASH',
  'SHUFFLE_MERGE',
  'NEST_LOOP',
]);

/** @throws DiagnosticError B039 always */
export function unknownHint({ name, span }: Hint): never {
  fail('B039', span, `unknown hint "${name.name}"`, {
    help: didYouMean(name.name.toUpperCase(), knownHints) ?? `there are: ${[...knownHints].join(', ')}`,
  });
}
