import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { didYouMean } from '../diagnostics/candidates.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { UsageError } from './usage-error.ts';

/** A script to run. */
export interface ScriptFile {
  /** Null for `-e`. */
  readonly path: string | null;
  readonly source: SourceText;
  /** The first line of its first comment: what the script is about. */
  readonly title: string | null;
  /** A file named `setup.sql`: without a heading; in a folder it runs before the others. */
  readonly isSetup: boolean;
}

const setupName = 'setup.sql';

/**
 * The scripts that the arguments name, in the order in which they run. A folder stands for its `setup.sql` and then
 * its other `.sql` files in the order of their names.
 * @throws UsageError for a file or folder that is not there
 */
export function scriptFiles(paths: readonly string[], statements: readonly string[]): ScriptFile[] {
  return [
    ...paths.flatMap(filesOf),
    ...statements.map((text) => ({ path: null, source: new SourceText('-e', text), title: null, isSetup: false })),
  ];
}

function filesOf(path: string): ScriptFile[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`there is no file or folder "${path}"`, nearestOf(path));
  if (!stats.isDirectory()) return [scriptOf(path, basename(path) === setupName)];
  const names = readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  if (names.length === 0) throw new UsageError(`there is no .sql file in the folder "${path}"`);
  const queries = names.filter((name) => name !== setupName).map((name) => scriptOf(join(path, name), false));
  return names.includes(setupName) ? [scriptOf(join(path, setupName), true), ...queries] : queries;
}

function scriptOf(path: string, isSetup: boolean): ScriptFile {
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  return { path, source: new SourceText(path, text), title: titleOf(text), isSetup };
}

function titleOf(text: string): string | null {
  return /^\s*(?:--|\/\*+)[ \t]*(.*?)[ \t]*(?:\*\/)?\s*?$/m.exec(text.trimStart().split('\n', 1)[0] ?? '')?.[1] || null;
}

function nearestOf(path: string): string | undefined {
  try {
    return didYouMean(basename(path), readdirSync(dirname(path)));
  } catch {
    return undefined;
  }
}
