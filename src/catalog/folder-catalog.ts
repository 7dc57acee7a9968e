import { join } from 'node:path';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { type Catalog, type Database, newDatabase } from './catalog.ts';
import { catalogText, readCatalogText } from './catalog-file.ts';
import { readStored, replaceStored } from './stored-file.ts';

/**
 * A catalog that is kept in a folder, as one script of SQL: `FOLDER/catalog.sql`. A statement sees it as the file is when
 * the statement looks at it first, and what the statement changed is written when it has been executed; several processes
 * may use it, and one that would undo what another did is told.
 */
export class FolderCatalog implements Catalog {
  readonly name: string;
  comment: string | null;
  readonly options: Map<string, string>;
  readonly #file: string;
  readonly #defaultDatabase: string;
  /** What was read from the file or written there; null: nothing yet. */
  #stored: string | null = null;
  /** What that would be as it is written here: a person's own layout is left alone until something changes. */
  #asWritten = '';
  #databases = new Map<string, Database>();
  #isRead = false;

  constructor(name: string, comment: string | null, options: Map<string, string>, folder: string) {
    this.name = name;
    this.comment = comment;
    this.options = options;
    this.#file = join(folder, 'catalog.sql');
    this.#defaultDatabase = options.get('default-database') ?? 'default';
  }

  /** @throws DiagnosticError F013 for a file that cannot be read, F019 at the place where it is damaged */
  get databases(): Map<string, Database> {
    if (!this.#isRead) this.read();
    return this.#databases;
  }

  /** The next look is at the file again. */
  forget(): void {
    this.#isRead = false;
  }

  /** Writes what has changed since the last look. @throws DiagnosticError F014, F020: nothing was changed then */
  save(): void {
    if (!this.#isRead) return;
    const text = catalogText(this.#databases);
    if (this.#stored !== null && text === this.#asWritten) return;
    try {
      replaceStored(this.#file, this.#what, this.#stored, text);
      this.#stored = text;
      this.#asWritten = text;
    } catch (error) {
      if (error instanceof DiagnosticError) this.#stored = null;
      this.#databases = new Map();
      this.#isRead = false;
      throw error;
    }
  }

  /** Looks at the file. @throws DiagnosticError F013, F019 */
  read(): void {
    const text = readStored(this.#file, this.#what);
    if (text === null || text !== this.#stored || this.#databases.size === 0) {
      this.#databases = text === null ? new Map() : readCatalogText(new SourceText(this.#file, text), this.name);
      this.#stored = text;
      this.#asWritten = catalogText(this.#databases);
      if (!this.#databases.has(this.#defaultDatabase))
        this.#databases.set(this.#defaultDatabase, newDatabase(this.#defaultDatabase, null, new Map()));
    }
    this.#isRead = true;
  }

  get #what(): string {
    return `the catalog "${this.name}" in ${this.#file}`;
  }
}
