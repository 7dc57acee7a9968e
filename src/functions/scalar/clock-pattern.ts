import { datePattern, type PatternToken } from './date-pattern.ts';

/** The numbers of the operations in `kernels/timestamp-pattern.ts`. */
const operations: Readonly<Record<string, number>> = { y: 1, u: 1, M: 2, L: 2, d: 3, H: 4, m: 5, s: 6, S: 7 };
const textOperation = 0;

/**
 * A pattern of digits and constant text as a program for the kernel; null where a part of it needs more (names, weeks,
 * 12 hours, optional parts). @throws Error for a malformed pattern
 */
export function clockProgram(pattern: string): Uint8Array | null {
  const program: number[] = [];
  for (const token of datePattern(pattern)) {
    const step = programStep(token);
    if (step === null) return null;
    program.push(...step);
  }
  return new Uint8Array(program);
}

/** For how many seconds of the clock, from a multiple of them on, the program writes the same; null below a second. */
export function constantSeconds(program: Uint8Array): number | null {
  let seconds = 86_400;
  for (let at = 0; at < program.length; at += 2) {
    const operation = program[at];
    if (operation === textOperation) at += program[at + 1] ?? 0;
    else if (operation === operations.S) return null;
    else if (operation === operations.s) seconds = 1;
    else if (operation === operations.m) seconds = Math.min(seconds, 60);
    else if (operation === operations.H) seconds = Math.min(seconds, 3600);
  }
  return seconds;
}

function programStep(token: PatternToken): readonly number[] | null {
  if (token.kind === 'text') {
    const bytes = Buffer.from(token.text, 'utf8');
    return bytes.length > 255 ? null : [textOperation, bytes.length, ...bytes];
  }
  if (token.kind !== 'field') return null;
  const operation = operations[token.letter];
  const isName = (token.letter === 'M' || token.letter === 'L') && token.count > 2;
  return operation === undefined || isName || token.count > 9 ? null : [operation, token.count];
}
