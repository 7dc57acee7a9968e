import { buildKernels } from '../../.ci/build/kernels.ts';

/** Before any test: `dist/kernels.wasm` is what `src/kernels` says. */
export default buildKernels;
