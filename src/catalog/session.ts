import { didYouMean } from '../diagnostics/candidates.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { FunctionLookup } from '../functions/lookup.ts';
import { type ProgramFunction, sessionFunctions } from '../functions/program/program-function.ts';
import type { QualifiedName } from '../sql/ast.ts';
import { type Catalog, type CatalogObject, type Database, newCatalog } from './catalog.ts';
import { Catalogs } from './catalogs.ts';
import { keptName, keptTable } from './kept-table.ts';
import { pathText } from './object-path.ts';
import { Settings } from './settings.ts';
import type { ObjectPath } from './table.ts';

const defaultCatalog = 'default_catalog';
const defaultDatabase = 'default_database';

/** What a session knows: catalogs with their databases and objects, temporary objects, settings, and where it is. */
export class Session {
  readonly settings: Settings;
  readonly catalogs: Catalogs;
  /** By the text of their path; they hide what has the same path. */
  readonly temporary = new Map<string, CatalogObject>();
  /** Written by the program, by their names in lower case: what Flink calls temporary system functions. */
  readonly programFunctions = new Map<string, ProgramFunction>();
  readonly functions: FunctionLookup = sessionFunctions(this.programFunctions);
  currentCatalog = defaultCatalog;
  currentDatabase = defaultDatabase;

  /** `catalogsFolder`: where catalogs are kept that are given no path; null: none outlive the session. */
  constructor(settings: Readonly<Record<string, string>> = {}, catalogsFolder: string | null = null) {
    this.settings = new Settings(settings);
    this.catalogs = new Catalogs(this.settings, catalogsFolder);
    const catalog = newCatalog(defaultCatalog, null, new Map([['type', 'generic_in_memory']]), defaultDatabase);
    this.catalogs.add(catalog);
  }

  /** A name of one to three parts as a full path; `home` stands in for the current catalog and database. */
  path(name: QualifiedName, home: { readonly catalog: string; readonly database: string } = this.home): ObjectPath {
    const parts = name.parts.map((part) => part.name);
    if (parts.length > 3) fail('B001', name.span, `"${parts.join('.')}" has more than catalog, database and name`);
    const [last = '', database = home.database, catalog = home.catalog] = parts.toReversed();
    return { catalog, database, name: last };
  }

  get home(): { readonly catalog: string; readonly database: string } {
    return { catalog: this.currentCatalog, database: this.currentDatabase };
  }

  /** The object of a path; a temporary one hides a lasting one. `t$late` and `t$errors` are there with `t`. */
  find(path: ObjectPath): CatalogObject | undefined {
    return this.temporary.get(pathText(path)) ?? this.findLasting(path) ?? this.#findKept(path);
  }

  findLasting(path: ObjectPath): CatalogObject | undefined {
    return this.catalogs.get(path.catalog)?.databases.get(path.database)?.objects.get(path.name);
  }

  #findKept(path: ObjectPath): CatalogObject | undefined {
    const kept = keptName(path.name);
    const base = kept === null ? undefined : this.find({ ...path, name: kept.base });
    if (kept === null || base?.kind !== 'table' || (kept.kind === 'late' && base.table.watermark === null))
      return undefined;
    return { kind: 'table', table: keptTable(base.table, kept.kind) };
  }

  /** @throws DiagnosticError B001 with the name that was probably meant */
  get(name: QualifiedName, home = this.home): CatalogObject {
    const path = this.path(name, home);
    return this.find(path) ?? this.unknown(name, path);
  }

  /** @throws DiagnosticError B001 always */
  unknown(name: QualifiedName, path: ObjectPath): never {
    const written = name.parts.map((part) => part.name).join('.');
    const here = this.names(path.catalog, path.database);
    const help =
      this.#noLateRows(path) ??
      didYouMean(path.name, here) ??
      (here.length === 0
        ? `${path.catalog}.${path.database} has no tables yet`
        : `${path.catalog}.${path.database} has: ${here.join(', ')}`);
    fail('B001', name.span, `unknown table "${written}"`, { help });
  }

  /** Why there is no `t$late`, where there is `t`. */
  #noLateRows(path: ObjectPath): string | null {
    const kept = keptName(path.name);
    if (kept === null) return null;
    const base = this.find({ ...path, name: kept.base });
    if (base === undefined) return null;
    return base.kind === 'view'
      ? `"${kept.base}" is a view: the rows of the tables below it are kept with those`
      : `"${kept.base}" has no watermark, so no row of it is late`;
  }

  /** Names of tables and views in a database, temporary ones among them, sorted. */
  names(catalog: string, database: string, kind: 'any' | 'view' = 'any'): string[] {
    const found = new Map(this.catalogs.get(catalog)?.databases.get(database)?.objects);
    for (const object of this.temporary.values()) {
      const { path } = object.kind === 'table' ? object.table : object.view;
      if (path.catalog === catalog && path.database === database) found.set(path.name, object);
    }
    return [...found]
      .filter(([, object]) => kind === 'any' || object.kind === 'view')
      .map(([name]) => name)
      .sort();
  }

  catalog(name: string, at: { readonly span: Span }): Catalog {
    const found = this.catalogs.get(name);
    if (found !== undefined) return found;
    const names = this.catalogs.names();
    const help = didYouMean(name, names) ?? `there are: ${names.join(', ')}`;
    return fail('B014', at.span, `unknown catalog "${name}"`, { help });
  }

  /** @throws DiagnosticError B014 */
  database(path: { readonly catalog: string; readonly database: string }, at: QualifiedName): Database {
    const catalog = this.catalog(path.catalog, at);
    const names = [...catalog.databases.keys()].sort();
    const help = didYouMean(path.database, names) ?? `${catalog.name} has: ${names.join(', ')}`;
    return (
      catalog.databases.get(path.database) ?? fail('B014', at.span, `unknown database "${path.database}"`, { help })
    );
  }
}
