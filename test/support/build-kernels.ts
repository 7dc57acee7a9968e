import { buildKernels } from '../../.ci/build/kernels.ts';

/**
 * Before any test: `dist/kernels.wasm` is what `src/kernels` says. While the kernels are being edited and do not
 * compile, tests that do not need them go on; the build is what refuses such kernels.
 */
export default async function prepareKernels(): Promise<void> {
  try {
    await buildKernels();
  } catch (fault) {
    console.error(`${String(fault)}; what runs is the former dist/kernels.wasm, if there is one`);
  }
}
