import { join } from 'node:path';
import { didYouMean } from '../diagnostics/candidates.ts';
import { error } from '../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../diagnostics/error-collector.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { Property } from '../sql/ast.ts';
import { type Catalog, newCatalog } from './catalog.ts';
import { type CatalogDeclaration, CatalogStore } from './catalog-store.ts';
import { FolderCatalog } from './folder-catalog.ts';
import type { Settings } from './settings.ts';

/** The catalogs of a session: those that it made, and those of the catalog store, opened when they are first used. */
export class Catalogs {
  readonly #opened = new Map<string, Catalog>();
  readonly #store: CatalogStore | null;
  readonly #folder: string;
  /** What the store is to be told when the statement has been executed; null: it is dropped. */
  readonly #toStore = new Map<string, Catalog | null>();

  /** `folder`: where catalogs and the store are that are given no path; null: no store, as for a plan's own session. */
  constructor(settings: Settings, folder: string | null) {
    this.#store = folder === null ? null : new CatalogStore(settings, folder);
    this.#folder = folder ?? '';
  }

  /** @throws DiagnosticError for one that is kept and cannot be used */
  get(name: string): Catalog | undefined {
    const known = this.#opened.get(name);
    if (known !== undefined || this.#toStore.has(name)) return known;
    const kept = this.#store?.find(name);
    if (kept === undefined) return undefined;
    const { span } = kept;
    checkCatalogOptions(kept, { name: span, key: () => span, value: () => span });
    return this.#open(kept);
  }

  has(name: string): boolean {
    return this.#opened.has(name) || (!this.#toStore.has(name) && this.#store?.find(name) !== undefined);
  }

  /** Sorted. */
  names(): readonly string[] {
    const kept = (this.#store?.names() ?? []).filter((name) => !this.#toStore.has(name));
    return [...new Set([...this.#opened.keys(), ...kept])].sort();
  }

  /** Of this session alone: the store is not told. */
  add(catalog: Catalog): void {
    this.#opened.set(catalog.name, catalog);
  }

  /** What CREATE CATALOG declares. @throws DiagnosticError for options that are wrong, and a folder that cannot be read */
  create(declaration: Omit<CatalogDeclaration, 'span'>, spans: CatalogSpans): void {
    checkCatalogOptions(declaration, spans);
    const catalog = this.#open(declaration);
    try {
      if (catalog instanceof FolderCatalog) catalog.read();
    } catch (thrown) {
      this.#opened.delete(catalog.name);
      throw thrown;
    }
    this.#toStore.set(catalog.name, catalog);
  }

  /** ALTER CATALOG has changed one. */
  altered(catalog: Catalog): void {
    if (this.#store?.find(catalog.name) !== undefined) this.#toStore.set(catalog.name, catalog);
  }

  /** What a catalog in a folder holds stays there. */
  delete(name: string): void {
    this.#opened.delete(name);
    this.#toStore.set(name, null);
  }

  /** A statement begins: what other processes have changed is seen by it. */
  look(): void {
    for (const catalog of this.#opened.values()) if (catalog instanceof FolderCatalog) catalog.forget();
  }

  /** A statement has been executed: what it changed is written. @throws DiagnosticError F014, F020 */
  save(): void {
    for (const catalog of this.#opened.values()) if (catalog instanceof FolderCatalog) catalog.save();
    for (const [name, catalog] of this.#toStore) {
      this.#toStore.delete(name);
      if (catalog === null) this.#store?.remove(name);
      else this.#store?.put(catalog);
    }
  }

  #open({ name, comment, options }: Omit<CatalogDeclaration, 'span'>): Catalog {
    const folder = options.get('path') ?? join(this.#folder, encodeURIComponent(name));
    const catalog =
      options.get('type') === 'folder'
        ? new FolderCatalog(name, comment, options, folder)
        : newCatalog(name, comment, options, options.get('default-database') ?? 'default');
    this.#opened.set(name, catalog);
    return catalog;
  }
}

/** Where the parts of a declaration are written. */
export interface CatalogSpans {
  readonly name: Span;
  readonly key: (key: string) => Span;
  readonly value: (key: string) => Span;
}

/** Of WITH (...) and SET (...). */
export function catalogSpans(options: readonly Property[], name: Span): CatalogSpans {
  const property = (key: string): Property | undefined => options.find((each) => each.key.value === key);
  return {
    name,
    key: (key) => property(key)?.key.span ?? name,
    value: (key) => property(key)?.value.span ?? name,
  };
}

const optionsByType: ReadonlyMap<string, { readonly called: string; readonly options: readonly string[] }> = new Map([
  ['generic_in_memory', { called: 'a catalog in memory', options: ['type', 'default-database', 'property-version'] }],
  ['folder', { called: 'a catalog in a folder', options: ['type', 'path', 'default-database', 'property-version'] }],
]);
const typeHelp = "write WITH ('type' = 'generic_in_memory'), or 'folder' for one that outlives the process";

/** @throws DiagnosticError O001, O002, O006 with all that is wrong */
export function checkCatalogOptions(
  { name, options }: Pick<CatalogDeclaration, 'name' | 'options'>,
  spans: CatalogSpans,
): void {
  const errors = new ErrorCollector();
  const type = options.get('type');
  const known = optionsByType.get(type ?? 'generic_in_memory');
  if (type === undefined) errors.add(error('O002', spans.name, `catalog "${name}" has no 'type'`, { help: typeHelp }));
  else if (known === undefined)
    errors.add(error('O006', spans.value('type'), `unknown type of catalog '${type}'`, { help: typeHelp }));
  const allowed = known ?? optionsByType.get('generic_in_memory')!;
  for (const key of options.keys()) {
    if (allowed.options.includes(key)) continue;
    const help = didYouMean(key, allowed.options) ?? `there are: ${allowed.options.join(', ')}`;
    errors.add(error('O001', spans.key(key), `${allowed.called} has no option "${key}"`, { help }));
  }
  errors.throwIfAny();
}
