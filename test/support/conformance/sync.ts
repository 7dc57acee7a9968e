import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { corpusFolder, findFiles } from './corpus.ts';

const usage = `usage: npm run conformance:sync -- [--write] [FOLDER]
Says where the corpus in FOLDER (../shared/conformance) has gone on since it was copied to test/flink; --write copies it.`;

main(process.argv.slice(2));

function main(options: readonly string[]): void {
  if (options.includes('--help')) {
    console.log(usage);
    return;
  }
  const from = resolve(options.find((option) => !option.startsWith('-')) ?? '../shared/conformance');
  if (!existsSync(from)) {
    console.log(`there is no ${relative(process.cwd(), from)} here: the copy in test/flink is all there is`);
    return;
  }
  const changes = compareFolders(from, corpusFolder);
  for (const { path, kind } of changes) console.log(`${kind}  ${path}`);
  console.log(
    changes.length === 0 ? 'the copy in test/flink is up to date' : `${changes.length} files are not as copied`,
  );
  if (options.includes('--write')) write(from, changes);
}

interface Change {
  readonly path: string;
  readonly kind: 'new    ' | 'changed' | 'gone   ';
}

function compareFolders(from: string, to: string): Change[] {
  const paths = (folder: string) => new Set(findFiles([folder]).map((file) => relative(folder, file)));
  const [there, here] = [paths(from), paths(to)];
  const fresh = [...there].flatMap((path): Change[] => {
    if (!here.has(path)) return [{ path, kind: 'new    ' }];
    const isSame = readFileSync(join(from, path)).equals(readFileSync(join(to, path)));
    return isSame ? [] : [{ path, kind: 'changed' }];
  });
  // What is in own/ was asked by this repository.
  const gone = [...here]
    .filter((path) => !there.has(path) && !path.startsWith('own/'))
    .map((path): Change => ({ path, kind: 'gone   ' }));
  return [...fresh, ...gone];
}

function write(from: string, changes: readonly Change[]): void {
  for (const { path, kind } of changes) {
    const target = join(corpusFolder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (kind === 'gone   ') rmSync(target);
    else cpSync(join(from, path), target);
  }
}
