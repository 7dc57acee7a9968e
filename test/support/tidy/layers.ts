import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Import } from './imports.ts';
import { root } from './source-files.ts';

/** A row of the layer table; a layer's height is its place in the list, 0 the lowest. */
export interface Layer {
  readonly name: string;
  /** A folder or a file: `src/sql`, `src/engine.ts`. */
  readonly place: string;
}

/** The layer table of `src/README.md`, from bottom to top. */
export function readLayers(): Layer[] {
  const readme = readFileSync(join(root, 'src/README.md'), 'utf8');
  const section = readme.split('\n## ').find((part) => part.startsWith('Layers')) ?? '';
  return [...section.matchAll(/^\| ([a-z ]+) \| `([^`]+)` \|/gm)].map((row) => ({
    name: row[1] ?? '',
    place: row[2] ?? '',
  }));
}

/** Index into the layers, or -1 for a file that no layer holds. */
export function heightOf(layers: readonly Layer[], path: string): number {
  return layers.findIndex(({ place }) => path === place || path.startsWith(`${place}/`));
}

/** Imports of a higher layer, each as a sentence. */
export function upwardImports(layers: readonly Layer[], imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, line, target, isPackage }) => {
    if (isPackage) return [];
    const below = heightOf(layers, from);
    const above = heightOf(layers, target);
    if (above <= below) return [];
    return [`${from}:${line}: ${layers[below]?.name} imports ${layers[above]?.name} (${target})`];
  });
}
