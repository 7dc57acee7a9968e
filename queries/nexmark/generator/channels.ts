import { ascii, LineBytes } from './line-bytes.ts';
import { Random } from './random.ts';

const ordinaryCount = 10_000;
const hotNames = ['Google', 'Facebook', 'Baidu', 'Apple'];
const ordinaryKind = 0x1234;
const hotKind = 0x777;

/** `"channel":"c","url":"u"` of each channel: half of the bids come by one of the four hot ones. */
export class Channels {
  readonly #ordinary: readonly Uint8Array[];
  readonly #hot: readonly Uint8Array[];

  constructor() {
    const random = new Random();
    const fields = (name: string, kind: number, n: number, mayHaveId: boolean): Uint8Array => {
      random.seed(kind, n);
      return ascii(`"channel":"${name}","url":"${url(random, n, mayHaveId)}"`);
    };
    this.#ordinary = Array.from({ length: ordinaryCount }, (_, n) => fields(`channel-${n}`, ordinaryKind, n, true));
    this.#hot = hotNames.map((name, n) => fields(name, hotKind, n, false));
  }

  some(random: Random): Uint8Array {
    const list = random.below(2) > 0 ? this.#hot : this.#ordinary;
    return list[random.below(list.length)] ?? new Uint8Array();
  }
}

const scratch = new LineBytes();
const underscore = 0x5f;

/** Three folders, and for nine of ten ordinary channels a number in the query. */
function url(random: Random, n: number, mayHaveId: boolean): string {
  const folders = [0, 1, 2].map(() => {
    scratch.length = 0;
    scratch.word(random, 5, underscore);
    return scratch.bytes.toString('latin1', 0, scratch.length);
  });
  const id = mayHaveId && random.below(10) > 0 ? `&channel_id=${Math.abs(bitsReversed(n))}` : '';
  return `https://www.nexmark.com/${folders.join('/')}/item.htm?query=1${id}`;
}

/** Of 32 bits, as a signed number. */
function bitsReversed(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed;
}
