import { buildBundle } from './bundle.ts';
import { buildDeclarations } from './declarations.ts';
import { buildKernels } from './kernels.ts';

/** Everything that a clone needs to run: the kernels, the bundle, the declarations. */
export async function build(): Promise<void> {
  await Promise.all([buildKernels(), buildBundle(), buildDeclarations()]);
}
