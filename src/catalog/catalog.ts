import type { FunctionLanguage, QualifiedName } from '../sql/ast.ts';
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

/** How the names of tables are looked up. */
export interface TableNames {
  /** A name of one to three parts as a full path. @throws DiagnosticError B001 */
  path(name: QualifiedName): ObjectPath;
  /** @throws DiagnosticError B001 */
  get(name: QualifiedName): CatalogObject;
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
