import * as T from '../../../../grammar/tokens.ts';
import { K, type SqlToken } from '../../../../grammar/tokens.ts';
import type { CatalogObject } from '../../../catalog/catalog.ts';
import type { Session } from '../../../catalog/session.ts';
import { nameOf, openBracket } from './cursor-place.ts';

export interface KnownColumn {
  readonly name: string;
  /** It can be given to DESCRIPTOR. */
  readonly isTime: boolean;
}

/** A table that a statement names. */
interface NamedTable {
  readonly parts: readonly string[];
  readonly alias: string | null;
}

/** The table of a name of one to three parts. */
export function findTable(session: Session, parts: readonly string[]): CatalogObject | undefined {
  const [name = '', database = session.currentDatabase, catalog = session.currentCatalog] = parts.toReversed();
  return session.find({ catalog, database, name });
}

export function columnsOf(object: CatalogObject): KnownColumn[] {
  if (object.kind === 'view') return object.view.columns.map(({ name }) => ({ name, isTime: false }));
  const { columns, watermark } = object.table;
  return columns.map(({ name }) => ({ name, isTime: name === watermark?.column }));
}

/** The columns of a statement's tables, or of all tables while it names none; and what the statement itself calls one. */
export function columnsInReach(session: Session, tokens: readonly SqlToken[]): KnownColumn[] {
  const named = tablesNamed(tokens);
  const declared = declaredColumns(tokens);
  const { catalog, database } = session.home;
  const all = declared.length > 0 ? [] : session.names(catalog, database).map((name) => [name]);
  const known = (named.length > 0 ? named.map(({ parts }) => parts) : all).flatMap((parts) => {
    const object = findTable(session, parts);
    return object === undefined ? [] : columnsOf(object);
  });
  const own = [...declared, ...aliases(tokens), ...windowColumns(tokens)];
  return [...known, ...own.map((name) => ({ name, isTime: false }))];
}

/** The columns that a qualifier stands for: `h.` with `FROM hits AS h`. Null where it is none of the statement's tables. */
export function columnsOfQualifier(
  session: Session,
  tokens: readonly SqlToken[],
  qualifier: string,
): KnownColumn[] | null {
  const table = tablesNamed(tokens).find(({ parts, alias }) => (alias ?? parts.at(-1)) === qualifier);
  const object = table === undefined ? undefined : findTable(session, table.parts);
  return object === undefined ? null : columnsOf(object);
}

const tableWords = new Set([K.FROM, K.JOIN, K.INTO, K.TABLE, K.DESCRIBE, K.DESC]);

/** Tables behind FROM, JOIN and the like, with their aliases. */
function tablesNamed(tokens: readonly SqlToken[]): NamedTable[] {
  const tables: NamedTable[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const type = tokens[at]?.tokenType;
    if (type === undefined || !tableWords.has(type)) continue;
    do {
      const parts: string[] = [];
      let name = nameOf(tokens[++at]);
      while (name !== null) {
        parts.push(name);
        name = null;
        if (tokens[at + 1]?.tokenType !== T.Dot) break;
        at += 2;
        name = nameOf(tokens[at]);
      }
      // A function, unless columns are listed.
      if (parts.length === 0 || (tokens[at + 1]?.tokenType === T.LeftParen && type !== K.INTO)) break;
      if (tokens[at + 1]?.tokenType === K.AS) at++;
      const next = tokens[at + 1]?.tokenType;
      const alias = next === T.Identifier || next === T.QuotedIdentifier ? nameOf(tokens[++at]) : null;
      tables.push({ parts, alias });
    } while (tokens[at + 1]?.tokenType === T.Comma);
  }
  return tables;
}

/** Names that the statement itself gives to queries: `WITH pages AS (`. */
export function queryNames(tokens: readonly SqlToken[]): string[] {
  return tokens.flatMap((token, at) => {
    const isQuery = tokens[at + 1]?.tokenType === K.AS && tokens[at + 2]?.tokenType === T.LeftParen;
    const name = isQuery ? nameOf(token) : null;
    return name === null ? [] : [name];
  });
}

function aliases(tokens: readonly SqlToken[]): string[] {
  return tokens.flatMap((token, at) => (token.tokenType === K.AS ? (nameOf(tokens[at + 1]) ?? []) : []));
}

/** What the window functions add. */
function windowColumns(tokens: readonly SqlToken[]): string[] {
  const hasWindow = tokens.some(
    ({ image }, at) => /^(?:TUMBLE|HOP|CUMULATE|SESSION)$/i.test(image) && tokens[at + 2]?.tokenType === K.TABLE,
  );
  return hasWindow ? ['window_start', 'window_end', 'window_time'] : [];
}

/** The columns that a CREATE TABLE has declared so far. */
export function declaredColumns(tokens: readonly SqlToken[]): string[] {
  if (tokens[0]?.tokenType !== K.CREATE) return [];
  const open = tokens.findIndex(({ tokenType }) => tokenType === T.LeftParen);
  const isTable = tokens.slice(0, Math.max(0, open)).some(({ tokenType }) => tokenType === K.TABLE);
  if (!isTable) return [];
  return tokens.slice(open).flatMap((token, at, own) => {
    const startsElement = token.tokenType === T.LeftParen ? at === 0 : token.tokenType === T.Comma;
    if (!startsElement || openBracket(own.slice(1, at + 1)) >= 0) return [];
    const name = nameOf(own[at + 1]);
    return name === null || own[at + 1]?.tokenType === K.WATERMARK ? [] : [name];
  });
}
