import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A TypeScript file of the project. */
export interface SourceFile {
  /** From the repository's folder, with slashes: `src/sql/parse.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings blanked; offsets and lines are kept. */
  readonly code: string;
}

/** The TypeScript and JavaScript files under some top folders, sorted by path. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => /\.(ts|js)$/.test(path) && !/(^|\/)(node_modules|dist|generated)\//.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, code: blankCommentsAndStrings(text) };
    });
}

/** Paths of all files under a folder of the repository, or none where there is no such folder. */
export function filesUnder(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Line number from 1 of an offset. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Comments, strings and templates become blanks, so that what remains of a word is code. */
export function blankCommentsAndStrings(text: string): string {
  const literal =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  return text.replace(literal, (found) => found.replace(/[^\n]/g, ' '));
}
