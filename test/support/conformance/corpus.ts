import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCaseFile, type ScriptCase } from './case-file.ts';
import { type ExpressionCase, parseExprFile } from './expr-file.ts';

/** The copy of the corpus that a clone tests itself with. */
export const corpusFolder = fileURLToPath(new URL('../../flink', import.meta.url));

/** A file of cases. */
export interface CorpusFile {
  readonly path: string;
  /** The name of its folder: `windows`. */
  readonly area: string;
  /** `tumble.case` */
  readonly name: string;
  /** False for what Flink gets wrong or answers in two ways: it is run, and only must not crash. */
  readonly isCompared: boolean;
  readonly content:
    | { readonly kind: 'scripts'; readonly cases: readonly ScriptCase[] }
    | { readonly kind: 'expressions'; readonly cases: readonly ExpressionCase[] };
}

/** Paths of the `.case` and `.expr` files in files and folders, sorted. @throws Error for a path without any */
export function findFiles(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    if (!statSync(path, { throwIfNoEntry: false })) throw new Error(`there is no ${path}`);
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path];
    const cases = files.filter((file) => /\.(case|expr)$/.test(file));
    if (cases.length === 0) throw new Error(`no .case or .expr file in ${path}`);
    return cases;
  });
  return [...new Set(found.map((file) => resolve(file)))].sort();
}

/** @throws Error when the file is malformed */
export function readCorpusFile(path: string): CorpusFile {
  const text = readFileSync(path, 'utf8');
  const name = basename(path);
  return {
    path,
    area: basename(dirname(path)),
    name,
    // folded.expr: the meaning is what folded-rows.case says of a row.
    isCompared: !name.startsWith('flink-bugs.') && name !== 'folded.expr',
    content: name.endsWith('.expr')
      ? { kind: 'expressions', cases: parseExprFile(path, text) }
      : { kind: 'scripts', cases: parseCaseFile(path, text) },
  };
}

/** The name of an expression within its file: unique with the settings that hold for it. */
export function expressionName({ text, settings }: ExpressionCase): string {
  const set = Object.entries(settings).map(([key, value]) => `${key}=${value} `);
  return set.join('') + text;
}
