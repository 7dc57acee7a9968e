import { parseDurationMs } from '../../catalog/option-text.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Hint, HintOption } from '../../sql/ast.ts';
import { type HintProperty, type LookupHint, lookupHint } from './lookup-hint.ts';
import { unknownHint } from './option-hints.ts';
import type { Relation } from './scope.ts';

/** A table that a hint names. */
interface HintedTable {
  readonly name: string;
  readonly hint: string;
  readonly span: Span;
}

/**
 * The hints of a SELECT. Those that say how a cluster joins (BROADCAST and the like) are read and change nothing; STATE_TTL
 * says how long what is kept of a table is kept, LOOKUP how one is asked for the rows of a key.
 */
export class QueryHints {
  readonly #tables: HintedTable[] = [];
  readonly #ttlsMs = new Map<string, number>();
  readonly #lookups = new Map<string, LookupHint>();

  /** @throws DiagnosticError B025 for a wrong one, B039 for an unknown one */
  constructor(hints: readonly Hint[]) {
    for (const hint of hints) this.#add(hint);
  }

  /** How long rows of a side of a join, or of an aggregate's input, are kept; undefined where no hint says so. */
  stateTtlMs(relations: readonly Relation[]): number | undefined {
    const [only, second] = relations;
    return only === undefined || second !== undefined || only.alias === null ? undefined : this.#ttlsMs.get(only.alias);
  }

  /** How the table of a side is looked up; null where no hint says so. */
  lookup([only, second]: readonly Relation[]): LookupHint | null {
    return only === undefined || second !== undefined ? null : (this.#lookups.get(only.alias ?? '') ?? null);
  }

  /** @throws DiagnosticError B025: a hint names what FROM has not */
  check(relations: readonly Relation[]): void {
    const known = relations.flatMap(({ alias }) => alias ?? []);
    for (const { name, hint, span } of this.#tables) {
      if (known.includes(name)) continue;
      const help = didYouMean(name, known) ?? (known.length === 0 ? undefined : `FROM has: ${known.join(', ')}`);
      fail('B025', span, `${hint} names "${name}", and FROM has no such table`, { help });
    }
  }

  #add(hint: Hint): void {
    const name = hint.name.name.toUpperCase();
    switch (name) {
      case 'STATE_TTL':
        for (const option of hint.options) this.#addTtl(option);
        return;
      case 'LOOKUP': {
        const properties = hint.options.flatMap((option) => propertyOf(option) ?? []);
        const table = properties.find(({ key }) => key === 'table');
        if (table === undefined) {
          fail('B025', hint.span, 'LOOKUP needs the table that is looked up', { help: "LOOKUP('table' = 't', ...)" });
        }
        this.#tables.push({ name: table.value, hint: name, span: table.span });
        const lookup = lookupHint(properties, hint.span);
        if (!this.#lookups.has(table.value)) this.#lookups.set(table.value, lookup);
        return;
      }
      case 'BROADCAST':
      case 'SHUFFLE_HASH':
      case 'SHUFFLE_MERGE':
      case 'NEST_LOOP':
        for (const option of hint.options) this.#addTable(name, option);
        return;
      case 'OPTIONS':
        fail('B025', hint.span, 'OPTIONS stands behind a table, not behind SELECT');
        break;
      default:
        unknownHint(hint);
    }
  }

  #addTtl(option: HintOption): void {
    const property = propertyOf(option);
    if (property === null) fail('B025', option.span, "STATE_TTL takes 'table' = 'duration'");
    const ttlMs = parseDurationMs(property.value);
    if (ttlMs === null) {
      fail('B025', property.span, `'${property.value}' is no duration`, {
        help: "write it as '1 d', '12 h' or '30 min'",
      });
    }
    // The first of several for one table counts.
    if (!this.#ttlsMs.has(property.key)) this.#ttlsMs.set(property.key, ttlMs);
    this.#tables.push({ name: property.key, hint: 'STATE_TTL', span: option.span });
  }

  #addTable(hint: string, option: HintOption): void {
    if (option.kind === 'identifier') this.#tables.push({ name: option.name, hint, span: option.span });
    else if (option.kind === 'text') this.#tables.push({ name: option.value, hint, span: option.span });
    else fail('B025', option.span, `${hint} takes the names of tables`);
  }
}

function propertyOf(option: HintOption): HintProperty | null {
  if (option.kind !== 'hintProperty') return null;
  const key = option.key.kind === 'text' ? option.key.value : option.key.name;
  return { key, value: option.value.value, span: option.value.span };
}
