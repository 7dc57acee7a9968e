/** Records of JSON of a few forms, so that templates are learnt, and damage done to some of them. */
export interface Damage {
  /** Of the text, from 0 to 1. */
  readonly at: number;
  readonly kind: 'change' | 'insert' | 'delete' | 'repeat';
  readonly byte: number;
  readonly length: number;
}

/** The fields that `recordText` writes, each at its place or missing, with values that are now and then not plain. */
export function recordText(random: () => number, form: number): string {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const whole = (digits: number): string => String(Math.floor(random() * 10 ** Math.floor(random() * (digits + 1))));
  const text = (): string => JSON.stringify(pick(texts).repeat(Math.floor(random() * 8)));
  const rarely = (odd: readonly string[], plain: string): string => (random() < 0.04 ? pick(odd) : plain);
  const clock = (): string => {
    const two = (below: number): string => String(Math.floor(random() * below)).padStart(2, '0');
    const minute = random() < 0.8 ? '2024-02-29 12:30' : `20${two(100)}-${two(13)}-${two(32)} ${two(25)}:${two(60)}`;
    return JSON.stringify(`${minute}:${two(61)}${pick(['', '.123', '.9', `.${whole(3).padStart(3, '0')}`, '.1234'])}`);
  };
  const members: (readonly [string, () => string])[] = [
    ['id', () => rarely(['-7', '1.5', '"12"', 'null', '9223372036854775807', '1e3'], whole(16))],
    ['skipped', () => rarely(['null', '{"deep":["}",{}]}', 'true'], text())],
    ['n', () => rarely(['null', '-1', '2147483648', '007', '12345678901'], whole(9))],
    ['group', () => (form === 2 ? 'null' : `{"a":${rarely(['null', '"x"'], whole(12))},"b":${text()}}`)],
    ['text', () => rarely(['null', '17', '[1]', '{"x":1}', '"\\u00e9\\n"'], text())],
    ['size', () => rarely(['null', '-0.5', '"a"'], `${whole(9)}${pick(['', `.${whole(5)}`])}`)],
    ['at', () => rarely(['null', '"now"', '12'], clock())],
    ['flag', () => rarely(['null', '1', '"true"'], pick(['true', 'false']))],
    ['x', () => rarely(['null', '1e300', '-2.5e-3', '"3.5"'], `${whole(7)}${pick(['', `.${whole(7)}`])}`)],
  ];
  const present = members.filter((_, at) => form !== 1 || at % 3 !== 1);
  const space = form === 3 ? ' ' : '';
  return `{${present.map(([key, value]) => `"${key}":${space}${value()}`).join(`,${space}`)}}`;
}

const texts = ['', 'a', 'plain text ', 'quote " ', 'back\\slash', 'é', '日本', '\t', '}', ',', '":', '😀'];

/** A text with damage done to it, some of its bytes changed for others that mean something in JSON. */
export function damaged(text: Buffer, damages: readonly Damage[]): Buffer {
  let bytes = text;
  for (const { at, kind, byte, length } of damages) {
    const from = Math.floor(at * bytes.length);
    const [before, behind] = [bytes.subarray(0, from), bytes.subarray(from)];
    const value = Buffer.of(byte);
    switch (kind) {
      case 'change':
        bytes = Buffer.concat([before, value, behind.subarray(1)]);
        break;
      case 'insert':
        bytes = Buffer.concat([before, value, behind]);
        break;
      case 'delete':
        bytes = Buffer.concat([before, behind.subarray(length)]);
        break;
      case 'repeat':
        bytes = Buffer.concat([before, behind.subarray(0, length), behind]);
        break;
    }
  }
  return bytes;
}
