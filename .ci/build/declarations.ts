import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './root.ts';

/** Writes the `.d.ts` files of the library below `dist/types`. @throws Error with what the compiler says */
export async function buildDeclarations(): Promise<void> {
  if (!existsSync(join(root, 'src/index.ts'))) return;
  const compiler = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.types.json'], { cwd: root });
  } catch (fault) {
    throw new Error(`the declarations do not compile\n${(fault as { stdout?: string }).stdout ?? ''}`);
  }
}
