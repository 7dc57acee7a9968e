import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { SqlParser } from '../../grammar/parser.ts';
import { root } from './root.ts';

/**
 * Bundles the library and the command line to `dist`. What a start needs is inside, in few files, because
 * resolving packages costs more than running them; what only some jobs need stays outside, imported when needed.
 */
export async function buildBundle(): Promise<void> {
  const entryPoints = [
    { in: join(root, 'src/index.ts'), out: 'index' },
    { in: join(root, 'src/cli/main.ts'), out: 'cli' },
    { in: join(root, 'src/state/page-thread.ts'), out: 'page-thread' },
  ].filter((entry) => existsSync(entry.in));
  await build({
    entryPoints,
    outdir: join(root, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    sourcemap: 'linked',
    external: ['apache-arrow', '@duckdb/node-api'],
    logLevel: 'warning',
    plugins: [storedGrammar],
  });
}

/** Puts the recorded grammar into the bundle: recording it takes a fifth of a short start. */
const storedGrammar: Plugin = {
  name: 'stored-grammar',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]grammar[/\\]stored-grammar\.ts$/ }, async ({ path }) => {
      const stored = JSON.stringify(JSON.stringify(new SqlParser().toStored()));
      const source = await readFile(path, 'utf8');
      const empty = 'storedGrammar: StoredGrammar | null = null';
      if (!source.includes(empty)) throw new Error(`${path} has no place for the grammar`);
      return { contents: source.replace(empty, () => `storedGrammar = JSON.parse(${stored})`), loader: 'ts' };
    });
  },
};
