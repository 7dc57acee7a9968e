import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';
import { SourceText, type Span } from '../diagnostics/source-text.ts';
import type { Settings } from './settings.ts';
import { readStored, replaceStored } from './stored-file.ts';

/** A catalog as CREATE CATALOG declares it. */
export interface CatalogDeclaration {
  readonly name: string;
  readonly comment: string | null;
  readonly options: Map<string, string>;
  /** Where it is written, for an error about it. */
  readonly span: Span;
}

/**
 * Which catalogs there are, kept as Flink keeps it: `FOLDER/NAME.yaml` with the options of CREATE CATALOG. What they hold
 * is theirs to keep. Nothing is kept unless `table.catalog-store.kind` is `file`.
 */
export class CatalogStore {
  readonly #settings: Settings;
  readonly #defaultFolder: string;

  constructor(settings: Settings, defaultFolder: string) {
    this.#settings = settings;
    this.#defaultFolder = defaultFolder;
  }

  names(): readonly string[] {
    const folder = this.#folder();
    if (folder === null) return [];
    try {
      const files = readdirSync(folder, { withFileTypes: true });
      return files.flatMap(({ name }) => (name.endsWith('.yaml') ? [decodeURIComponent(name.slice(0, -5))] : []));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return fail('F013', null, `could not read the catalog store: ${(error as Error).message}`);
    }
  }

  /** Undefined: it keeps none of the name. @throws DiagnosticError F013, F019 */
  find(name: string): CatalogDeclaration | undefined {
    const file = this.#file(name);
    const text = file === null ? null : readStored(file, what(name));
    return file === null || text === null ? undefined : readYaml(new SourceText(file, text), name);
  }

  /** @throws DiagnosticError F014, F020 */
  put(declaration: Omit<CatalogDeclaration, 'span'>): void {
    this.#replace(declaration.name, yamlText(declaration));
  }

  /** @throws DiagnosticError F014, F020 */
  remove(name: string): void {
    this.#replace(name, null);
  }

  #replace(name: string, text: string | null): void {
    const file = this.#file(name);
    if (file === null) return;
    const was = readStored(file, what(name));
    if (was !== text) replaceStored(file, what(name), was, text);
  }

  #file(name: string): string | null {
    const folder = this.#folder();
    return folder === null ? null : join(folder, `${encodeURIComponent(name)}.yaml`);
  }

  #folder(): string | null {
    if (this.#settings.get('table.catalog-store.kind')?.toLowerCase() !== 'file') return null;
    return this.#settings.get('table.catalog-store.file.path') ?? this.#defaultFolder;
  }
}

function what(name: string): string {
  return `the catalog store's file of "${name}"`;
}

/** One option a line; its texts are JSON's, which are YAML's as well. The comment is one of YAML too: Flink's has none. */
function yamlText({ comment, options }: Pick<CatalogDeclaration, 'comment' | 'options'>): string {
  const lines = [...options]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return ['---', ...(comment === null ? [] : [`# COMMENT ${JSON.stringify(comment)}`]), ...lines, ''].join('\n');
}

/** @throws DiagnosticError F019 at a line that is no option */
function readYaml(source: SourceText, name: string): CatalogDeclaration {
  const options = new Map<string, string>();
  let comment: string | null = null;
  let start = 0;
  for (const line of source.text.split('\n')) {
    const span = { source, start, end: start + line.length };
    start += line.length + 1;
    const commented = /^# COMMENT (".*")\s*$/.exec(line);
    if (commented !== null) comment = scalar(commented[1] ?? '', span, name);
    if (/^\s*(?:#.*|---)?\s*$/.test(line)) continue;
    const [, key, value] = /^("[^"]*"|'[^']*'|[\w.-]+):\s+(.*?)\s*$/.exec(line) ?? damaged(span, name);
    options.set(scalar(key ?? '', span, name), scalar(value ?? '', span, name));
  }
  return { name, comment, options, span: { source, start: 0, end: source.line(1).length } };
}

/** A text of YAML on one line: plain, or in quotes. */
function scalar(written: string, span: Span, name: string): string {
  if (written.startsWith("'") && written.endsWith("'")) return written.slice(1, -1).replaceAll("''", "'");
  if (!written.startsWith('"')) return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return damaged(span, name);
  }
}

function damaged(span: Span, name: string): never {
  return fail('F019', span, `the catalog store's file of "${name}" is damaged: this is no option`, {
    help: 'each line is KEY: "VALUE"',
  });
}
