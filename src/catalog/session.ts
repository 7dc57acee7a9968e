import { didYouMean } from '../diagnostics/candidates.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { FunctionLookup } from '../functions/lookup.ts';
import { type ProgramFunction, sessionFunctions } from '../functions/program/program-function.ts';
import type { FunctionLanguage, QualifiedName } from '../sql/ast.ts';
import { pathText } from './object-path.ts';
import { Settings } from './settings.ts';
import type { ObjectPath, Table } from './table.ts';
import type { View } from './view.ts';

export type CatalogObject =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'view'; readonly view: View };

export interface Database {
  readonly name: string;
  comment: string | null;
  readonly options: Map<string, string>;
  readonly objects: Map<string, CatalogObject>;
  /** By their names in lower case. */
  readonly functions: Map<string, UserFunction>;
}

/** A function as it was declared. Its class is a program for another machine: nothing here can call it. */
export interface UserFunction {
  readonly name: string;
  readonly className: string;
  readonly language: FunctionLanguage;
}

export interface Catalog {
  readonly name: string;
  comment: string | null;
  readonly options: Map<string, string>;
  readonly databases: Map<string, Database>;
}

export const defaultCatalog = 'default_catalog';
export const defaultDatabase = 'default_database';

/** What a session knows: catalogs in memory with their databases and objects, temporary objects, settings, and where it is. */
export class Session {
  readonly settings: Settings;
  readonly catalogs = new Map<string, Catalog>();
  /** By the text of their path; they hide what has the same path. */
  readonly temporary = new Map<string, CatalogObject>();
  /** Written by the program, by their names in lower case: what Flink calls temporary system functions. */
  readonly programFunctions = new Map<string, ProgramFunction>();
  readonly functions: FunctionLookup = sessionFunctions(this.programFunctions);
  currentCatalog = defaultCatalog;
  currentDatabase = defaultDatabase;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.settings = new Settings(settings);
    const catalog = newCatalog(defaultCatalog, null, new Map([['type', 'generic_in_memory']]), defaultDatabase);
    this.catalogs.set(defaultCatalog, catalog);
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

  /** The object of a path; a temporary one hides a lasting one. */
  find(path: ObjectPath): CatalogObject | undefined {
    return this.temporary.get(pathText(path)) ?? this.findLasting(path);
  }

  findLasting(path: ObjectPath): CatalogObject | undefined {
    return this.catalogs.get(path.catalog)?.databases.get(path.database)?.objects.get(path.name);
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
      didYouMean(path.name, here) ??
      (here.length === 0
        ? `${path.catalog}.${path.database} has no tables yet`
        : `${path.catalog}.${path.database} has: ${here.join(', ')}`);
    fail('B001', name.span, `unknown table "${written}"`, { help });
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
    const help = didYouMean(name, this.catalogs.keys()) ?? `there are: ${[...this.catalogs.keys()].sort().join(', ')}`;
    return this.catalogs.get(name) ?? fail('B014', at.span, `unknown catalog "${name}"`, { help });
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

export function newCatalog(
  name: string,
  comment: string | null,
  options: Map<string, string>,
  database: string,
): Catalog {
  return { name, comment, options, databases: new Map([[database, newDatabase(database, null, new Map())]]) };
}

export function newDatabase(name: string, comment: string | null, options: Map<string, string>): Database {
  return { name, comment, options, objects: new Map(), functions: new Map() };
}
