import { CHAR, DOUBLE, INT } from '../../types/sql-type.ts';
import { int } from '../parameters.ts';
import type { HostCall, HostValue, ScalarFunction, ScalarOverload } from '../scalar-function.ts';

const multiplier = 0x5deece66dn;
const mask48 = (1n << 48n) - 1n;

/** The numbers of java.util.Random: a seed gives the sequence that it gives in Flink. */
class JavaRandom {
  #state: bigint;

  constructor(seed: number) {
    this.#state = (BigInt(seed) ^ multiplier) & mask48;
  }

  #bits(count: number): number {
    this.#state = (this.#state * multiplier + 0xbn) & mask48;
    return Number(this.#state >> BigInt(48 - count));
  }

  /** In [0, 1). */
  double(): number {
    return (this.#bits(26) * 2 ** 27 + this.#bits(27)) / 2 ** 53;
  }

  /** In [0, bound), each as likely: draws that would favour the low numbers are thrown away. */
  below(bound: number): number {
    const powerOfTwo = (bound & (bound - 1)) === 0;
    for (;;) {
      const drawn = this.#bits(31);
      if (powerOfTwo) return Math.floor((bound * drawn) / 2 ** 31);
      const rest = drawn % bound;
      if (drawn - rest + bound - 1 < 2 ** 31) return rest;
    }
  }
}

/** A call with a literal seed goes on in its sequence from row to row; without a seed a random one begins it. */
const sequences = new WeakMap<HostCall, JavaRandom>();

function sequence(call: HostCall, seed: HostValue | undefined): JavaRandom {
  const known = sequences.get(call);
  if (known !== undefined) return known;
  const fresh = new JavaRandom(seed === undefined ? crypto.getRandomValues(new Int32Array(1))[0]! : Number(seed));
  sequences.set(call, fresh);
  return fresh;
}

function boundOf(value: HostValue | undefined): number {
  const bound = Number(value);
  if (bound <= 0) throw new Error(`RAND_INTEGER gives a number from 0 to below its bound, and ${bound} is not above 0`);
  return bound;
}

type Draw = (random: JavaRandom, args: readonly HostValue[]) => number;

/** The overload with a literal seed, that goes on; and with one from a row, that begins anew with each row. */
function seeded(rest: readonly ReturnType<typeof int>[], type: typeof INT, draw: Draw): ScalarOverload[] {
  return [true, false].map((literal) => ({
    params: [int('seed', { literal }), ...rest],
    returns: () => type(false),
    code: {
      kind: 'host',
      evaluate: (args, call) =>
        draw(literal ? sequence(call, args[0]) : new JavaRandom(Number(args[0])), args.slice(1)),
    },
  }));
}

const rand: ScalarFunction = {
  name: 'RAND',
  category: 'arithmetic',
  deterministic: false,
  summary: 'A random DOUBLE in [0, 1); a seed decides the sequence.',
  overloads: [
    {
      params: [],
      returns: () => DOUBLE(false),
      code: { kind: 'host', evaluate: (_, call) => sequence(call, undefined).double() },
    },
    ...seeded([], DOUBLE, (random) => random.double()),
  ],
  examples: [{ sql: 'RAND(42)', result: '0.7275636800328681' }],
};

const randInteger: ScalarFunction = {
  name: 'RAND_INTEGER',
  category: 'arithmetic',
  deterministic: false,
  summary: 'A random INT from 0 to below a bound; a seed before the bound decides the sequence.',
  overloads: [
    {
      params: [int('bound')],
      returns: () => INT(false),
      code: { kind: 'host', evaluate: ([bound], call) => sequence(call, undefined).below(boundOf(bound)) },
    },
    ...seeded([int('bound')], INT, (random, [bound]) => random.below(boundOf(bound))),
  ],
  examples: [{ sql: 'RAND_INTEGER(42, 100)', result: '30' }],
};

const uuid: ScalarFunction = {
  name: 'UUID',
  category: 'string',
  deterministic: false,
  summary: 'A random UUID (version 4).',
  overloads: [
    { params: [], returns: () => CHAR(36, false), code: { kind: 'host', evaluate: () => crypto.randomUUID() } },
  ],
  examples: [{ sql: 'CHAR_LENGTH(UUID())', result: '36' }],
};

export const randomFunctions: readonly ScalarFunction[] = [rand, randInteger, uuid];
