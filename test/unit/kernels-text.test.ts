import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KernelText } from '../support/kernels/kernel-text.ts';

const k = new KernelText();

/** Short texts of letters of one to four bytes, so that pieces are found. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '語', '😀', '\n', '%'), maxLength: 40 });
const needle = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 3 });
const characters = (value: string) => Array.from(value);

describe('text in code points', () => {
  test('a text is as long as it has code points', () => {
    fc.assert(fc.property(text, (a) => k.call('textLength', ...k.put(a)) === characters(a).length));
  });

  test('SUBSTRING counts from 1, from the end where negative, and 0 as 1', () => {
    const slice = (a: string, from: number, count: number) => k.view(k.callWide('textSlice', ...k.put(a), from, count));
    expect(slice('warehouse', 5, 100)).toBe('house');
    expect(slice('warehouse', 0, 3)).toBe('war');
    expect(slice('warehouse', -10, 3)).toBe('');
    expect(slice('warehouse', -2147483648, 5)).toBe('');
    fc.assert(
      fc.property(text, fc.integer({ min: -45, max: 45 }), fc.integer({ min: -2, max: 45 }), (a, from, count) => {
        const all = characters(a);
        const start = from === 0 ? 0 : from > 0 ? from - 1 : all.length + from;
        const wanted = start < 0 || count <= 0 ? '' : all.slice(start, start + count).join('');
        expect(slice(a, from, count)).toBe(wanted);
      }),
    );
  });

  test('RIGHT takes the last characters', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 45 }), (a, count) => {
        expect(k.view(k.callWide('textRight', ...k.put(a), count))).toBe(
          count === 0 ? '' : characters(a).slice(-count).join(''),
        );
      }),
    );
  });

  test('TRIM drops characters of the set at the chosen sides', () => {
    fc.assert(
      fc.property(text, needle, fc.integer({ min: 0, max: 3 }), (a, set, sides) => {
        const all = characters(a);
        while (sides & 1 && all.length > 0 && characters(set).includes(all[0]!)) all.shift();
        while (sides & 2 && all.length > 0 && characters(set).includes(all.at(-1)!)) all.pop();
        expect(k.view(k.callWide('textTrim', ...k.put(a, set), sides))).toBe(all.join(''));
      }),
    );
  });

  test('REVERSE keeps characters whole', () => {
    fc.assert(
      fc.property(text, (a) => {
        const [address, length] = k.put(a) as [number, number];
        k.call('textReverse', address, length, k.output);
        expect(k.written(length)).toBe(characters(a).reverse().join(''));
      }),
    );
  });

  test('the cases of ASCII letters turn, other bytes stay', () => {
    const [address, length] = k.put('Order 7b @[`{ éÉ zZ aA order ORDER') as [number, number];
    k.call('textUpperAscii', address, length, k.output);
    expect(k.written(length)).toBe('ORDER 7B @[`{ éÉ ZZ AA ORDER ORDER');
    k.call('textLowerAscii', address, length, k.output);
    expect(k.written(length)).toBe('order 7b @[`{ éÉ zz aa order order');
    expect(k.call('textIsAscii', address, length)).toBe(0);
    expect(k.call('textIsAscii', ...k.put('plain text of more than sixteen bytes'))).toBe(1);
  });

  test('LPAD and RPAD fill to a width in characters, and cut', () => {
    const pad = (a: string, width: number, filling: string, isLeft: boolean) => {
      const [address = 0, length = 0, by = 0, byLength = 0] = k.put(a, filling);
      const total = k.call('textPaddedLength', address, length, width, by, byLength);
      k.call('textPad', address, length, by, byLength, total, isLeft ? 1 : 0, k.output);
      return k.written(total);
    };
    expect(pad('7', 4, 'ab', true)).toBe('aba7');
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 60 }), needle, fc.boolean(), (a, width, filling, isLeft) => {
        fc.pre(filling !== '');
        const all = characters(a);
        const padding = characters(filling.repeat(60))
          .slice(0, Math.max(0, width - all.length))
          .join('');
        const wanted = width <= all.length ? all.slice(0, width).join('') : isLeft ? padding + a : a + padding;
        expect(pad(a, width, filling, isLeft)).toBe(wanted);
      }),
    );
  });
});

describe('text in text', () => {
  test('POSITION finds the first place from a character on', () => {
    fc.assert(
      fc.property(text, needle, fc.integer({ min: -2, max: 45 }), (a, b, from) => {
        const all = characters(a);
        const rest = all.slice(Math.max(0, from - 1)).join('');
        const at = rest.indexOf(b);
        const wanted =
          b === '' ? 1 : at < 0 ? 0 : all.length - characters(rest).length + characters(rest.slice(0, at)).length + 1;
        expect(k.call('textPosition', ...k.put(a, b), from)).toBe(wanted);
      }),
    );
  });

  test('REPLACE is replaceAll, also of the empty text', () => {
    fc.assert(
      fc.property(text, needle, needle, (a, search, by) => {
        const [address = 0, length = 0, from = 0, fromLength = 0, to = 0, toLength = 0] = k.put(a, search, by);
        const total = k.call('textReplacedLength', address, length, from, fromLength, toLength);
        k.call('textReplace', address, length, from, fromLength, to, toLength, k.output);
        const wanted =
          search === ''
            ? by +
              characters(a)
                .map((one) => one + by)
                .join('')
            : a.replaceAll(search, by);
        expect(k.written(total)).toBe(wanted);
      }),
    );
  });

  test('SPLIT_INDEX gives the piece of a number, none of the empty text', () => {
    fc.assert(
      fc.property(text, needle, fc.integer({ min: -1, max: 6 }), (a, separator, index) => {
        fc.pre(separator !== '');
        const found = k.callWide('textSplitIndex', ...k.put(a, separator), index);
        const wanted = a === '' ? undefined : a.split(separator)[index];
        expect(found === -1n ? undefined : k.view(found)).toBe(wanted);
      }),
    );
  });
});

describe('LIKE', () => {
  /** The pattern as a regular expression: % any text, _ any character but a line's end. */
  function asRegex(pattern: string, escapeCharacter: string): RegExp {
    let source = '';
    const all = characters(pattern);
    for (let at = 0; at < all.length; at++) {
      const character = all[at]!;
      const literal = (one: string) => one.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      if (character === escapeCharacter) source += literal(all[++at]!);
      else if (character === '%') source += '[^]*';
      else if (character === '_') source += '[^\\n\\r\\u0085\\u2028\\u2029]';
      else source += literal(character);
    }
    return new RegExp(`^(?:${source})$`, 'u');
  }

  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '%', '_', '!%', '!_', '!!'), maxLength: 8 });

  test('a text is like a pattern when the regular expression for it matches', () => {
    fc.assert(
      fc.property(text, pattern, (a, p) => {
        const answer = k.call('likeMatch', ...k.put(a, p), 0x21);
        expect(answer).toBe(asRegex(p, '!').test(a) ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('an escape before anything but %, _ and itself is told', () => {
    expect(k.call('likeMatch', ...k.put('ab', 'a!b'), 0x21)).toBe(2);
    expect(k.call('likeMatch', ...k.put('ab', 'ab!'), 0x21)).toBe(2);
    expect(k.call('likeMatch', ...k.put('a\\b', 'a\\b'), -1)).toBe(1);
  });

  test('many % over a long text end soon', () => {
    const answer = k.call('likeMatch', ...k.put('a'.repeat(4000), '%a%a%a%a%a%a%a%b'), -1);
    expect(answer).toBe(0);
  });
});
