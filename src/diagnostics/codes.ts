import { bindCodes } from './codes/bind.ts';
import { optionCodes } from './codes/option.ts';
import { parseCodes } from './codes/parse.ts';
import { runtimeCodes } from './codes/runtime.ts';
import { unsupportedCodes } from './codes/unsupported.ts';

/**
 * Every diagnostic's code with what it means, in one line. The letter says the stage: P parse, B bind, O option,
 * W not supported yet, F a failure while running. A code never changes its meaning; a retired one is not used again.
 */
export const codes = {
  ...parseCodes,
  ...bindCodes,
  ...optionCodes,
  ...unsupportedCodes,
  ...runtimeCodes,
} as const;

/** A diagnostic's code: `B003`. The list is in `src/diagnostics/codes`. */
export type Code = keyof typeof codes;
