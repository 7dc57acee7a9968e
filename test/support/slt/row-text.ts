import type { ChangeRow } from '../conformance/engine-port.ts';

/** `+I home | 3 | NULL`; a field that could be read otherwise is in JSON quotes. */
export function rowText([kind, fields]: ChangeRow): string {
  return `${kind} ${fieldsText(fields)}`;
}

/** The rows that remain when the changes are applied, without kinds, sorted. */
export function remainingTexts(rows: readonly ChangeRow[]): string[] {
  const counts = new Map<string, number>();
  for (const [kind, fields] of rows) {
    const text = fieldsText(fields);
    counts.set(text, (counts.get(text) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1));
  }
  return [...counts]
    .flatMap(([text, count]) =>
      count >= 0 ? Array<string>(count).fill(text) : [`${text} taken away ${-count} too often`],
    )
    .sort();
}

/** As `remainingTexts`, of changes as they are written in a transcript; rows without a kind are inserts. */
export function remainingOfTexts(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const [, kind = '+I', fields = ''] = /^(?:(\+I|-U|\+U|-D) )?(.*)$/s.exec(text) ?? [];
    counts.set(fields, (counts.get(fields) ?? 0) + (kind.startsWith('+') ? 1 : -1));
  }
  return [...counts].flatMap(([text, count]) => Array<string>(Math.max(count, 0)).fill(text)).sort();
}

function fieldsText(fields: readonly (string | null)[]): string {
  return fields.map(fieldText).join(' | ');
}

function fieldText(field: string | null): string {
  if (field === null) return 'NULL';
  const isPlain = field !== '' && field !== 'NULL' && !/^\s|\s$|[|"\\\n\r\t]|\s{2}-- /.test(field);
  return isPlain ? field : JSON.stringify(field);
}
