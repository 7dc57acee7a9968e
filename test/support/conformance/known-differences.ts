import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the lists lie: one for each area, `windows.list`. */
export const listFolder = fileURLToPath(new URL('../../flink/expected', import.meta.url));

/** A case that does not answer as Flink does, with the reason. */
export interface KnownDifference {
  /** `tumble.case: a row exactly at a boundary`, `math.expr: 1 / 0` */
  readonly id: string;
  readonly reason: string;
  readonly kind: DifferenceKind;
}

/**
 * `later`: belongs to a later issue. `fault`: Flink is wrong, and the reason says what is right. `folded`: Flink folds the
 * constant to another value than it computes for a row, whose value is the meaning. `batch`: Flink's answer at batch size 1;
 * in larger batches the changes that a batch overtakes are left out, and the case can tell.
 */
export type DifferenceKind = 'later' | 'fault' | 'folded' | 'batch';

/**
 * Reads a list. Cases stand below their reason:
 * ```
 * [later: window joins]
 * window-join.case: an inner join of two windows
 * ```
 * @throws Error with file and line when the list is malformed or names a case twice
 */
export function parseList(path: string, text: string): KnownDifference[] {
  const entries = new Map<string, KnownDifference>();
  let heading: { kind: DifferenceKind; reason: string } | null = null;
  for (const [index, content] of text.split('\n').entries()) {
    const fail = (what: string): never => {
      throw new Error(`${path}:${index + 1}: ${what}`);
    };
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      const match =
        /^\[(later|fault|folded|batch): (\S.*)\]$/.exec(line) ??
        fail('"[later: reason]", "[fault: reason]", "[folded: reason]" or "[batch: reason]" is expected');
      heading = { kind: match[1] as DifferenceKind, reason: match[2] ?? '' };
      continue;
    }
    if (!/^[\w.-]+\.(case|expr): ./.test(line)) fail('"file.case: name" is expected');
    if (heading?.kind === 'folded' && !/^[\w.-]+\.expr: /.test(line)) fail('only an expression is folded');
    if (entries.has(line)) fail(`"${line}" is named twice`);
    entries.set(line, { id: line, ...(heading ?? fail('a case without a reason above it')) });
  }
  return [...entries.values()];
}

/** The text of a list, reasons and cases in the order of their first mention. */
export function printList(area: string, entries: readonly KnownDifference[]): string {
  const groups = Map.groupBy(entries, ({ kind, reason }) => `[${kind}: ${reason}]`);
  const blocks = [...groups].map(([heading, cases]) => [heading, ...cases.map(({ id }) => id)].join('\n'));
  const head = `# Cases of ${area} whose answer is not Flink's, and why. A case that passes must not be here.`;
  return `${[head, ...blocks].join('\n\n')}\n`;
}

/** The list of an area; empty where there is none. */
export function readList(area: string): KnownDifference[] {
  const path = join(listFolder, `${area}.list`);
  return existsSync(path) ? parseList(path, readFileSync(path, 'utf8')) : [];
}
