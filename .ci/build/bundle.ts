import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './root.ts';

/**
 * Bundles the library and the command line to `dist`. What a start needs is inside, in few files, because
 * resolving packages costs more than running them; what only some jobs need stays outside, imported when needed.
 */
export async function buildBundle(): Promise<void> {
  const entryPoints = [
    { in: join(root, 'src/index.ts'), out: 'index' },
    { in: join(root, 'src/cli/main.ts'), out: 'cli' },
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
  });
}
