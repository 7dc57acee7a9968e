import { existsSync, readFileSync } from 'node:fs';

/** What is compiled from src/kernels: all that jobs run, and what the pages of checkpoints take (page-copy.ts). */
export type KernelModule = 'kernels' | 'page-copy';

const compiled = new Map<KernelModule, WebAssembly.Module>();

/** They lie in `dist`: beside the bundle, or two folders up from the sources. @throws Error when they have not been built */
export function kernelModule(name: KernelModule): WebAssembly.Module {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const places = [`./${name}.wasm`, `../../dist/${name}.wasm`].map((place) => new URL(place, import.meta.url));
  const file = places.find((place) => existsSync(place));
  if (file === undefined) throw new Error(`dist/${name}.wasm is missing: run "npm run build"`);
  const module = new WebAssembly.Module(readFileSync(file));
  compiled.set(name, module);
  return module;
}
