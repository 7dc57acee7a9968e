import * as T from '../../../../grammar/tokens.ts';
import { isReservedWord, K, type SqlToken } from '../../../../grammar/tokens.ts';
import type { Session } from '../../../catalog/session.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { functionNames } from '../../../functions/registry.ts';
import { type ExpectedWords, expectedWords } from '../../../sql/expected-words.ts';
import { type CursorPlace, cursorPlace, nameOf } from './cursor-place.ts';
import { columnsInReach, columnsOfQualifier, type KnownColumn, queryNames } from './known-names.ts';
import { optionTexts, type Surroundings } from './option-candidates.ts';
import { optionPlace } from './option-place.ts';
import { rareWords } from './rare-words.ts';

/** What could stand in the place of the word at the cursor. */
export interface Completion {
  /** Where the word begins. */
  readonly from: number;
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  /** How a list calls it. */
  readonly label: string;
  /** What is put in. */
  readonly text: string;
  /** A space is wanted behind it, when it is the one candidate. */
  readonly isWord?: boolean;
}

/** What the word at the cursor may become: by the grammar, by what the catalog has, and by the options of its table. */
export function complete(text: string, cursor: number, session: Session, around: Surroundings): Completion | null {
  const place = cursorPlace(text, cursor);
  if (place === null) return null;
  const found = candidatesOrNone(place, session, around);
  const word = place.word.toLowerCase();
  const matching = found.filter(({ label }) => label.toLowerCase().startsWith(word));
  const unique = [...new Map(matching.map((candidate) => [candidate.label, candidate])).values()];
  return unique.length === 0 ? null : { from: place.from, candidates: unique };
}

/** A catalog that cannot be read is told of by the statement that needs it. */
function candidatesOrNone(place: CursorPlace, session: Session, around: Surroundings): Candidate[] {
  try {
    return candidates(place, session, around);
  } catch (thrown) {
    if (thrown instanceof DiagnosticError) return [];
    throw thrown;
  }
}

function candidates(place: CursorPlace, session: Session, around: Surroundings): Candidate[] {
  const { before, quote, word } = place;
  const [first] = before;
  const settings = quote === null ? unquotedSetting(place) : null;
  if (settings !== null) return settings;
  if (quote === "'" && before.length === 1 && first?.image.toUpperCase() === 'SOURCE')
    return around.files(word).map((path) => quotedValue(place, path));
  const options = optionPlace(before, session);
  if (options !== null) {
    const quoted = options.key === null ? quotedKey : quotedValue;
    return optionTexts(options, word, around).map((option) => quoted(place, option));
  }
  if (quote === "'") return [];
  if (before.at(-1)?.tokenType === T.Dot) return qualified(place, session);
  return [...named(place, session), ...(quote === null ? words(place, session) : [])];
}

/** `SET key` without quotes. */
function unquotedSetting({ before, source, word }: CursorPlace): Candidate[] | null {
  const [first, second] = before;
  const isSetting = first?.tokenType === K.SET || first?.tokenType === K.RESET;
  if (!isSetting || second === undefined || second.tokenType === T.QuotedString) return null;
  const typed = source.text.slice(first.endOffset + 1).trimStart();
  const keys = optionTexts({ owner: 'session', key: null, given: new Map(), columns: [] }, '', noSurroundings);
  return keys.flatMap((key) => {
    if (!key.startsWith(typed + word)) return [];
    const rest = key.slice(typed.length);
    return [{ label: rest, text: rest }];
  });
}

const noSurroundings: Surroundings = { streams: () => [], files: () => [] };

/** A key goes on with its value. */
function quotedKey({ next, before }: CursorPlace, key: string): Candidate {
  const isReset = before.some(({ tokenType }) => tokenType === K.RESET);
  return { label: key, text: `'${key}${next === "'" ? '' : isReset ? "'" : "' = '"}` };
}

function quotedValue({ next }: CursorPlace, value: string): Candidate {
  const isOpen = value.endsWith('/') || next === "'";
  return { label: value, text: `'${value.replaceAll("'", "''")}${isOpen ? '' : "'"}` };
}

/** Behind a dot: columns of a table, or tables of a database. */
function qualified({ before, after, quote }: CursorPlace, session: Session): Candidate[] {
  const last = nameOf(before.at(-2));
  if (last === null) return [];
  const beyond = before.at(-3)?.tokenType === T.Dot ? nameOf(before.at(-4)) : null;
  const columns = columnsOfQualifier(session, [...before, ...after], last);
  const catalog = beyond ?? session.currentCatalog;
  return [
    ...(columns ?? []).map(({ name }) => nameCandidate(name, quote)),
    ...session.names(catalog, last).map((name) => nameCandidate(name, quote)),
    ...[...(session.catalogs.get(last)?.databases.keys() ?? [])].map((name) => nameCandidate(name, quote)),
  ];
}

/** Names of the catalog that may stand there. */
function named(place: CursorPlace, session: Session): Candidate[] {
  const { before, after, quote } = place;
  const tokens = [...before, ...after];
  const ofNames = (names: Iterable<string>): Candidate[] => [...names].map((name) => nameCandidate(name, quote));
  const ofColumns = (columns: readonly KnownColumn[]): Candidate[] => ofNames(columns.map(({ name }) => name));
  const { catalog, database } = session.home;
  switch (namesWanted(before)) {
    case 'table': {
      const tables = ofNames([...session.names(catalog, database), ...queryNames(tokens)]);
      return canBeWindow(before) && quote === null ? [...tables, ...windowFunctions] : tables;
    }
    case 'time': {
      const columns = columnsInReach(session, tokens);
      const times = columns.filter(({ isTime }) => isTime);
      return ofColumns(times.length > 0 ? times : columns);
    }
    case 'catalog':
      return ofNames(session.catalogs.names());
    case 'database':
      return ofNames([...(session.catalogs.get(catalog)?.databases.keys() ?? []), ...session.catalogs.names()]);
    case 'function':
      return ofNames(functionNames());
    case 'column':
      return ofColumns(columnsInReach(session, tokens));
    case 'new':
      return [];
    case null:
      break;
  }
  const expected = expectedWords(place.source, before);
  if (expected !== null && !expected.isExpression) return [];
  return ofColumns(columnsInReach(session, tokens));
}

type NamesWanted = 'table' | 'time' | 'column' | 'catalog' | 'database' | 'function' | 'new';

/** What the token before says of the names to come; null: nothing. */
function namesWanted(before: readonly SqlToken[]): NamesWanted | null {
  const [last, second] = [before.at(-1), before.at(-2)];
  const isCreate = before[0]?.tokenType === K.CREATE;
  switch (last?.tokenType) {
    case K.FROM:
    case K.IN:
      return before[0]?.tokenType === K.SHOW && second?.tokenType === K.TABLES
        ? 'database'
        : last.tokenType === K.FROM
          ? 'table'
          : null;
    case K.JOIN:
    case K.INTO:
    case K.DESCRIBE:
    case K.DESC:
      return before.length > 1 && last.tokenType === K.DESC ? null : 'table';
    case K.TABLE:
    case K.VIEW:
      return isCreate ? 'new' : 'table';
    case K.EXISTS:
      return isCreate ? 'new' : second?.tokenType === K.IF ? 'table' : null;
    case K.LIKE:
      return isCreate && before.some(({ tokenType }) => tokenType === K.TABLE) ? 'table' : null;
    case K.USE:
      return 'database';
    case K.CATALOG:
      return isCreate ? 'new' : 'catalog';
    case K.DATABASE:
      return isCreate ? 'new' : 'database';
    case K.FUNCTION:
      return isCreate ? 'new' : 'function';
    case K.AS:
      return 'new';
    case K.FOR:
      return second?.tokenType === K.WATERMARK ? 'column' : null;
    case T.Comma:
      return isInFrom(before) ? 'table' : null;
    case T.LeftParen:
      if (second?.tokenType === K.DESCRIPTOR) return 'time';
      return before[0]?.tokenType === K.INSERT && nameOf(second) !== null ? 'column' : null;
    default:
      return null;
  }
}

/** Whether a comma parts tables: the last clause before it on its level is FROM. */
function isInFrom(before: readonly SqlToken[]): boolean {
  let closed = 0;
  for (const { tokenType } of before.toReversed()) {
    if (tokenType === T.RightParen) closed++;
    else if (tokenType === T.LeftParen && --closed < 0) return false;
    else if (closed > 0) continue;
    else if (tokenType === K.FROM) return true;
    else if (clauses.has(tokenType)) return false;
  }
  return false;
}

const clauses = new Set([K.SELECT, K.WHERE, K.GROUP, K.HAVING, K.ORDER, K.WITH, K.WINDOW, K.SET, K.ON]);

const windowFunctions: readonly Candidate[] = ['TUMBLE', 'HOP', 'CUMULATE', 'SESSION'].map((name) => ({
  label: `${name}(`,
  text: `${name}(TABLE `,
}));

function canBeWindow(before: readonly SqlToken[]): boolean {
  const last = before.at(-1)?.tokenType;
  return before[0]?.tokenType !== K.SHOW && (last === K.FROM || last === K.JOIN || last === T.Comma);
}

/** Words of the language, and functions. */
function words(place: CursorPlace, session: Session): Candidate[] {
  const { before, word, source } = place;
  const cased =
    /[a-z]/.test(word) && word === word.toLowerCase() ? (text: string) => text.toLowerCase() : (text: string) => text;
  const windowTable =
    before.at(-1)?.tokenType === T.LeftParen && /^(?:TUMBLE|HOP|CUMULATE)$/i.test(before.at(-2)?.image ?? '');
  const expected: ExpectedWords | null = windowTable
    ? { words: ['TABLE'], isExpression: false, isName: false }
    : expectedWords(source, before);
  // A statement that cannot be read so far may go on with anything.
  const all = expected?.words ?? (word === '' ? [] : Object.keys(K));
  const started = before.length === 0 ? [...all, 'CLEAR', 'EXIT', 'HELP', 'QUIT', 'SOURCE'].sort() : all;
  const fitting = started.filter((each) => each.startsWith(word.toUpperCase()));
  // All functions together are too many to choose from.
  const isCall = word !== '' && (expected === null || expected.isExpression);
  const functions = isCall ? [...functionNames(), ...userFunctions(session)] : [];
  const usual = fitting.filter((each) => !rareWords.has(each) && !functions.includes(each));
  const hasUsual = usual.length > 0 || functions.some((name) => name.startsWith(word.toUpperCase()));
  const keywords = (hasUsual ? usual : fitting).map((each) => ({
    label: cased(each),
    text: cased(each),
    isWord: true,
  }));
  return [...functions.map((name) => ({ label: `${cased(name)}(`, text: `${cased(name)}(` })), ...keywords];
}

function userFunctions(session: Session): string[] {
  const { catalog, database } = session.home;
  const { functions } = session.catalogs.get(catalog)?.databases.get(database) ?? {};
  return [...(functions?.values() ?? [])].map(({ name }) => name);
}

/** A name as it must be written. */
function nameCandidate(name: string, quote: CursorPlace['quote']): Candidate {
  const isPlain = quote === null && /^[A-Za-z_$][\w$]*$/.test(name) && !isReservedWord(name);
  return { label: name, text: isPlain ? name : `\`${name.replaceAll('`', '``')}\`` };
}
