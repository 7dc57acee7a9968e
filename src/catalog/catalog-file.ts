import { DiagnosticError, error, fail } from '../diagnostics/diagnostic.ts';
import { SourceText, type Span } from '../diagnostics/source-text.ts';
import type { CreateView, Identifier, QualifiedName, Statement } from '../sql/ast.ts';
import { parseScript, parseType } from '../sql/parse.ts';
import { alterTable } from './alter-table.ts';
import { type CatalogObject, type Database, newDatabase, type TableNames } from './catalog.ts';
import {
  createDatabaseText,
  createFunctionText,
  createTableText,
  createViewText,
  partitionsText,
} from './create-text.ts';
import { declareTable } from './declare-table.ts';
import { typeOf } from './type-of.ts';
import type { View } from './view.ts';

/** Stands in the first line: a later form of the file has another number, and is refused by this one. */
const version = 1;
const firstLine = (number: string | number): string => `-- Tidemark catalog, version ${number}.`;
/** By which a file is told from one that was cut. */
const lastLine = '-- End of the catalog.';

/**
 * What a catalog holds as a script of SQL, which a person may read, compare and edit: each object as it is made, by names,
 * so that equal catalogs have equal texts. Behind the columns of a view their types stand, as they were when it was made, where a declaration can have them.
 */
export function catalogText(databases: ReadonlyMap<string, Database>): string {
  const parts = sorted(databases).flatMap((database) => [
    createDatabaseText(database),
    ...sorted(database.objects).flatMap((object) =>
      object.kind === 'table'
        ? [createTableText(object.table, 'database'), ...partitionsText(object.table)]
        : [createViewText(object.view, 'database')],
    ),
    ...sorted(database.functions).map((each) => createFunctionText(database.name, each)),
  ]);
  return `${[firstLine(version), ...parts.map((part) => `${part.trimEnd()};`), lastLine].join('\n\n')}\n`;
}

function sorted<T>(named: ReadonlyMap<string, T>): readonly T[] {
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/**
 * The databases of a catalog's script. What its tables and views read is looked at when they are read.
 * @throws DiagnosticError F019 at the place in the file that is damaged
 */
export function readCatalogText(source: SourceText, catalog: string): Map<string, Database> {
  checkEnds(source, catalog);
  const reader = new CatalogReader(catalog);
  try {
    for (const statement of parseScript(source).statements) reader.read(statement);
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    throw new DiagnosticError(
      thrown.diagnostics.map(({ span, message, notes, help }) =>
        error('F019', span, `the catalog "${catalog}" is damaged: ${message}`, { notes, help: help ?? undefined }),
      ),
    );
  }
  return reader.databases;
}

function checkEnds(source: SourceText, catalog: string): void {
  const line = source.line(1);
  if (line === firstLine(version)) {
    const end = source.text.trimEnd().length;
    if (source.text.slice(0, end).endsWith(`\n${lastLine}`)) return;
    fail('F019', { source, start: end, end }, `the catalog "${catalog}" is cut: it should end with "${lastLine}"`);
  }
  const other = /^-- Tidemark catalog, version (\d+)\.$/.exec(line)?.[1];
  const message =
    other === undefined
      ? `this is no catalog: its first line should be "${firstLine(version)}"`
      : `the catalog "${catalog}" is of version ${other}, and this Tidemark reads version ${version}`;
  fail('F019', { source, start: 0, end: line.length }, message);
}

class CatalogReader {
  readonly databases = new Map<string, Database>();
  readonly #catalog: string;
  /** LIKE may name what stands above it in the same file. */
  readonly #names: TableNames;

  constructor(catalog: string) {
    this.#catalog = catalog;
    this.#names = {
      path: (name) => ({ catalog, ...databaseAndName(name) }),
      get: (name) => this.#object(name),
    };
  }

  read(statement: Statement): void {
    if ('isTemporary' in statement && statement.isTemporary) otherStatement(statement);
    switch (statement.kind) {
      case 'createDatabase': {
        const name = statement.name.parts.at(-1)?.name ?? '';
        if (this.databases.has(name)) fail('B015', statement.name.span, `database "${name}" is made twice`);
        const options = new Map(statement.options.map(({ key, value }) => [key.value, value.value]));
        this.databases.set(name, newDatabase(name, statement.comment?.value ?? null, options));
        return;
      }
      case 'createTable':
        if (statement.query !== null) fail('B039', statement.span, 'a catalog keeps no CREATE TABLE ... AS');
        this.#add(statement.name, { kind: 'table', table: declareTable(this.#names, statement) });
        return;
      case 'alterTable': {
        const object = this.#object(statement.name);
        if (object.kind !== 'table' || statement.action.kind !== 'addPartitions') otherStatement(statement);
        const { objects, name } = this.#place(statement.name);
        objects.set(name, { kind: 'table', table: alterTable(object.table, statement.action) });
        return;
      }
      case 'createView':
        this.#add(statement.name, { kind: 'view', view: this.#view(statement) });
        return;
      case 'createFunction': {
        const { functions, name } = this.#place(statement.name);
        const { className, language } = statement;
        functions.set(name.toLowerCase(), { name, className: className.value, language: language ?? 'JAVA' });
        return;
      }
      default:
        otherStatement(statement);
    }
  }

  #view({ name, columns, comment, query, span }: CreateView): View {
    const path = this.#names.path(name);
    if (columns === null) return fail('B019', name.span, `the view "${path.name}" has no list of its columns`);
    return {
      path,
      temporary: false,
      query,
      columns: columns.map((column, at) => viewColumn(column, columns[at + 1]?.span.start ?? query.span.start)),
      comment: comment?.value ?? null,
      home: { catalog: this.#catalog, database: path.database },
      span,
    };
  }

  #object(written: QualifiedName): CatalogObject {
    const { objects, name } = this.#place(written);
    return objects.get(name) ?? fail('B001', written.span, `"${name}" is not made above`);
  }

  #add(written: QualifiedName, object: CatalogObject): void {
    const { objects, name } = this.#place(written);
    if (objects.has(name)) fail('B015', written.span, `"${name}" is made twice`);
    objects.set(name, object);
  }

  #place(written: QualifiedName): Pick<Database, 'objects' | 'functions'> & { readonly name: string } {
    const { database, name } = databaseAndName(written);
    const found =
      this.databases.get(database) ?? fail('B014', written.span, `database "${database}" is not made above`);
    return { objects: found.objects, functions: found.functions, name };
  }
}

function otherStatement({ span }: { readonly span: Span }): never {
  fail('B039', span, 'a catalog keeps databases, tables, their partitions, views and functions, and nothing else');
}

function databaseAndName({ parts, span }: QualifiedName): { readonly database: string; readonly name: string } {
  const [database, name, ...others] = parts.map((part) => part.name);
  if (database === undefined || name === undefined || others.length > 0)
    return fail('B001', span, 'a name in a catalog is that of a database and one in it');
  return { database, name };
}

/** Its type is the comment behind it; without one, that of the query. */
function viewColumn({ name, span }: Identifier, end: number): View['columns'][number] {
  const { source } = span;
  const comment = /^[^\S\n]*,?[^\S\n]*--[^\S\n]*(\S[^\n]*)/.exec(source.text.slice(span.end, end));
  if (comment?.[1] === undefined) return { name, type: null };
  const text = comment[1].trimEnd();
  const start = span.end + comment[0].indexOf(comment[1]);
  try {
    return { name, type: typeOf(parseType(new SourceText(source.name, text))) };
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    return fail('B004', { source, start, end: start + text.length }, `"${text}" is no type`);
  }
}
