import { posix } from 'node:path';
import { lineOf, type SourceFile } from './source-files.ts';

/** One `import`, `export ... from` or `import()` of a file. */
export interface Import {
  readonly from: string;
  readonly line: number;
  /** A path of the repository, `src/sql/parse.ts`, or the name of a package, `rxjs`, `node:fs`. */
  readonly target: string;
  readonly isPackage: boolean;
  /** Types vanish before anything runs, so only imports of values can make a circle. */
  readonly isTypeOnly: boolean;
}

const importForms = [
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?(['"])([^'"\n]+)\2/gm,
  /\bimport\s*\(\s*()(['"])([^'"\n]+)\2\s*\)/g,
];

/** What a file imports, in the order of the forms. */
export function importsOf(file: SourceFile): Import[] {
  return importForms.flatMap((form) =>
    [...file.text.matchAll(form)]
      // An import inside a comment or a string has been blanked there.
      .filter((match) => /\b(import|export)\b/.test(file.code.slice(match.index, match.index + match[0].length)))
      .map((match) => {
        const specifier = match[3] ?? '';
        const isPackage = !specifier.startsWith('.');
        return {
          from: file.path,
          line: lineOf(file.text, match.index),
          target: isPackage ? packageName(specifier) : posix.join(posix.dirname(file.path), specifier),
          isPackage,
          isTypeOnly: match[1] !== undefined && match[1] !== '',
        };
      }),
  );
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

/** The first circle of value imports, as a path that returns to its start; null where there is none. */
export function findCycle(imports: readonly Import[]): string[] | null {
  const edges = new Map<string, string[]>();
  for (const { from, target, isPackage, isTypeOnly } of imports) {
    if (isPackage || isTypeOnly) continue;
    edges.set(from, [...(edges.get(from) ?? []), target]);
  }
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (file: string): string[] | null => {
    if (done.has(file)) return null;
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    path.push(file);
    for (const target of edges.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };

  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}
