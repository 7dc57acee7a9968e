/** With `node --import`: `tidemark` is this tree's sources, not what was built last. */
import { registerHooks } from 'node:module';

const sources = new URL('../../src/index.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'tidemark' ? sources : specifier, context),
});
