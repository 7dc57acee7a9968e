import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';
import { root } from './root.ts';

const sourceFolder = join(root, 'src/kernels');
const dist = join(root, 'dist');
const hashFile = join(dist, 'kernels.hash');

/**
 * Flags of the AssemblyScript compiler.
 * The memory is the engine's own: imported, shared, up to 4 GiB (65,536 pages of 64 KiB).
 * Static data starts at 1024, so that address 0 is never a valid pointer, and behind 1 MiB of marks, a byte a page
 * (src/kernels/page-marks.ts). A failed assertion traps.
 */
const flags = `
  --optimizeLevel 3 --shrinkLevel 0
  --runtime stub --use abort=
  --importMemory --sharedMemory --initialMemory 32 --maximumMemory 65536 --memoryBase 1049600
  --enable simd,threads,bulk-memory
`
  .trim()
  .split(/\s+/);

/** A file of src/kernels whose exports make a module of dist. */
const modules = [
  { entry: 'index.ts', wasm: 'kernels.wasm' },
  { entry: 'page-copy.ts', wasm: 'page-copy.wasm' },
] as const;

/** Compiles `src/kernels` to `dist`, unless what is there was made from the same sources and flags. */
export async function buildKernels(): Promise<void> {
  const sources = await readSources();
  const hash = hashOf(sources);
  const areThere = modules.every(({ wasm }) => existsSync(join(dist, wasm)));
  if (areThere && (await readIfPresent(hashFile)) === hash) return;

  // Imported late: loading the compiler takes a second, and most builds find the kernels unchanged.
  const { default: asc } = (await import(compilerPackage)) as { default: Compiler };
  await mkdir(dist, { recursive: true });
  for (const { entry, wasm } of modules) await replaceFile(join(dist, wasm), await compile(asc, entry));
  await replaceFile(hashFile, hash);
}

async function compile(asc: Compiler, entry: string): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const { error } = await asc.main([entry, '--outFile', 'module.wasm', ...flags], {
    readFile: (name, baseDir) => readIfPresent(join(sourceFolder, baseDir, name)),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') wasm = contents;
    },
    listFiles: () => [],
    stdout: process.stdout,
    stderr: process.stderr,
  });
  if (error || wasm === undefined) throw new Error(`the kernels do not compile: ${entry}`);
  return wasm;
}

/** Not written at the import: its declarations would replace Node's globals, such as `console`, everywhere. */
const compilerPackage: string = 'assemblyscript/asc';

/** What is used of the compiler. */
interface Compiler {
  main(
    options: readonly string[],
    host: {
      readFile(name: string, baseDir: string): Promise<string | null>;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): readonly string[];
      readonly stdout: NodeJS.WritableStream;
      readonly stderr: NodeJS.WritableStream;
    },
  ): Promise<{ readonly error: Error | null }>;
}

interface Source {
  readonly name: string;
  readonly text: string;
}

async function readSources(): Promise<Source[]> {
  if (!existsSync(sourceFolder)) return [];
  const names = await readdir(sourceFolder, { recursive: true });
  const sourceNames = names.filter((name) => name.endsWith('.ts')).sort();
  return Promise.all(
    sourceNames.map(async (name) => ({ name, text: await readFile(join(sourceFolder, name), 'utf8') })),
  );
}

function hashOf(sources: readonly Source[]): string {
  const hash = createHash('sha256').update(JSON.stringify([flags, modules]));
  for (const { name, text } of sources) hash.update(`\0${name}\0${text}`);
  return hash.digest('hex');
}

async function readIfPresent(file: string): Promise<string | null> {
  return existsSync(file) ? readFile(file, 'utf8') : null;
}
