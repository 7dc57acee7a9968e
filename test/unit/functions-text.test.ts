import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compiledRegex } from '../../src/functions/scalar/java-regex.ts';
import { jsonPath, PathError, readPath } from '../../src/functions/scalar/json-path.ts';
import {
  decimalText,
  isScalar,
  type Json,
  parseJson,
  tryParseJson,
  writeJson,
} from '../../src/functions/scalar/json-text.ts';
import { likeShape } from '../../src/functions/scalar/like-shape.ts';
import { findRegex } from '../../src/functions/scalar/regex-machine.ts';
import { similarToRegex } from '../../src/functions/scalar/similar-pattern.ts';
import { urlParts } from '../../src/functions/scalar/url.ts';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const regexFind = memory.exports.regexFind as (...places: number[]) => number;

/** Without groups inside repetitions, which Java keeps longer than JavaScript. */
const patterns = [
  'a+b',
  '(a+?)(b*)$',
  '(?i)A|1',
  '^\\w+',
  '\\b(\\w+)\\b',
  '(?<=a)b|(?=1).',
  '[^ab]+',
  'é?(a{1,2}|1)',
  '(a*+)(a?)b',
  '(?m)^(.*)$',
  '(\\w)\\1',
  '(?s).{2,3}?b',
  '\\p{L}+|\\d',
  '(?!a)[a1]|😀',
  '(?<=a{1,2}b?)1',
  '(?<!ab|é)[b1]',
  '(^|b)é1([^b]*)',
  '(a|é)?b1|1(?=b)',
  '[ab1]?(1b)é?',
  '[^ab]*b[ab]*',
  '([a1]*)[ é]*(b?)1',
  '[ab]*(?<=b)1',
  '([^b]*(b)[^1]*)*1',
];

/** All matches of a pattern of java.util.regex, as their places. */
function places(pattern: string, text: string): readonly (readonly [number, string])[] | null {
  const compiled = compiledRegex(pattern);
  if (compiled === null) return null;
  return Array.from(compiled.all(text), (match) => [match.index, match[0] ?? ''] as const);
}

describe('java.util.regex', () => {
  test.each([
    '(a+)+$',
    '(a|aa)*$',
    '(\\w*)*!x',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(.*)(.*)(.*)(.*)(.*)[^a]$',
    '(a?){40}a{40}!',
    '(a{1,30}){1,30}!',
  ])('%s does not take long on a text that nearly matches', (pattern) => {
    const started = performance.now();
    expect(places(pattern, 'a'.repeat(2000))).not.toBeNull();
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('a pattern that refers to its groups is given up where it would take too long', () => {
    expect(() => places('(a*)*\\1b', 'a'.repeat(100))).toThrow('would take too long');
    expect(places('(\\w)\\1', 'hello')).toEqual([[2, 'll']]);
  });

  test('a group keeps what an earlier round gave it', () => {
    expect(compiledRegex('((a)|b)+')!.first('ab')![2]).toBe('a');
  });

  test('the program of a pattern finds what JavaScript finds, in the kernel and without it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...patterns), fc.stringMatching(/^[ab1 é😀\n]{0,12}$/u), (pattern, text) => {
        const compiled = compiledRegex(pattern)!;
        const { program } = compiled;
        const match = new RegExp(compiled.source, 'v').exec(text);
        const expected = match === null ? null : compiled.groups.map((group) => match[group]);
        const bytes = Buffer.from(text, 'utf8');
        const textOf = (slots: Int32Array): (string | undefined)[] =>
          compiled.groups.map((group) =>
            slots[2 * group]! < 0 ? undefined : bytes.toString('utf8', slots[2 * group], slots[2 * group + 1]),
          );
        const found = findRegex(program!, bytes, 0);
        expect(found && textOf(found)).toEqual(expected);
        const code = memory.alloc(program!.words.byteLength);
        memory.u8.set(new Uint8Array(program!.words.buffer), code);
        const at = memory.alloc(bytes.length + 16);
        memory.u8.set(bytes, at);
        const into = memory.alloc(4 * program!.slotCount);
        const answer = regexFind(code, at, bytes.length, 0, into);
        const slots = new Int32Array(memory.wasm.buffer, into, program!.slotCount);
        expect(answer === 1 ? textOf(slots) : null).toEqual(expected);
        for (const address of [code, at, into]) memory.free(address);
      }),
      { numRuns: 3000 },
    );
  });

  test('a dot is no line end, unless (?s) says so', () => {
    for (const end of ['\n', '\r', '\u0085', '\u2028', '\u2029']) {
      expect(places('a.b', `a${end}b`)).toEqual([]);
      expect(places('(?s)a.b', `a${end}b`)).toHaveLength(1);
    }
  });

  test('$ stands before a last line end too, \\z does not', () => {
    expect(places('a$', 'a\r\n')).toEqual([[0, 'a']]);
    expect(places('a\\Z', 'a\n')).toEqual([[0, 'a']]);
    expect(places('a\\z', 'a\n')).toEqual([]);
    expect(places('(?m)^b', 'a\nb')).toEqual([[2, 'b']]);
    expect(places('(?m)$', 'a\r\nb')).toEqual([
      [1, ''],
      [4, ''],
    ]);
  });

  test('(?i) folds ASCII, (?iu) all letters', () => {
    expect(places('(?i)éa', 'ÉA')).toEqual([]);
    expect(places('(?iu)éa', 'ÉA')).toHaveLength(1);
    expect(places('(?i:B)c', 'abc abC')).toEqual([[1, 'bc']]);
    expect(places('[a-c(?i)]x', 'Bx')).toEqual([]);
    expect(places('(?i)[a-c]x', 'Bx')).toHaveLength(1);
  });

  test('possessive quantifiers and atomic groups give nothing back; groups keep their numbers', () => {
    expect(places('a*+a', 'aaa')).toEqual([]);
    expect(places('(?>a*)a', 'aaa')).toEqual([]);
    const compiled = compiledRegex('(?>x(y))*+(z)\\2')!;
    const match = compiled.first('xyzz')!;
    expect([1, 2].map((group) => match[compiled.groups[group]!])).toEqual(['y', 'z']);
  });

  test('classes have unions and intersections', () => {
    expect(places('[a-z&&[^aeiou]]+', 'audio')).toEqual([[2, 'd']]);
    expect(places('[a-d[m-p]]+', 'zdmz')).toEqual([[1, 'dm']]);
    expect(places('[\\w&&[^\\d]]', '1')).toEqual([]);
    expect(places('[]a]+', 'a]')).toEqual([[0, 'a]']]);
    expect(places('[^-a]', '-ab')).toEqual([[2, 'b']]);
  });

  test('named classes are Java’s', () => {
    expect(places('\\p{Alpha}+', 'aé')).toEqual([[0, 'a']]);
    expect(places('\\p{IsAlphabetic}+', 'aé')).toEqual([[0, 'aé']]);
    expect(places('\\p{InCyrillic}', 'Ж')).toHaveLength(1);
    expect(places('\\P{Lu}', 'A')).toEqual([]);
    expect(places('(?U)\\w+', 'grün')).toEqual([[0, 'grün']]);
  });

  test('quotes, codes and references', () => {
    expect(places('\\Qa.b\\E+', 'a.bb')).toEqual([[0, 'a.bb']]);
    expect(places('\\x{1F600}\\u0041\\0101', '😀AA')).toHaveLength(1);
    expect(places('(?<p>ab)\\k<p>', 'abab')).toHaveLength(1);
    expect(places('(a)\\2', 'a2')).toEqual([]);
    expect(places('(?x) a b # both\n c', 'abc')).toHaveLength(1);
  });

  test('what Java refuses is refused', () => {
    for (const bad of ['(', '[a', '*a', 'a{', 'a{2,1}', '\\p{Foo}', '\\y', '(?#comment)ab', '(?<1>a)', ')', 'a**']) {
      expect(compiledRegex(bad), bad).toBeNull();
    }
  });

  test('SIMILAR TO matches the whole text', () => {
    const isSimilar = (text: string, pattern: string, escapeCharacter: string | null = null) =>
      places(similarToRegex(pattern, escapeCharacter), text)!.length > 0;
    expect(isSimilar('parcel', '(par|box)%')).toBe(true);
    expect(isSimilar('catdog', 'cat|dog')).toBe(false);
    expect(isSimilar('ab1', '[[:ALNUM:]]{3}')).toBe(true);
    expect(isSimilar('a%', 'a!%', '!')).toBe(true);
    expect(isSimilar('ab', 'a!%', '!')).toBe(false);
    expect(() => similarToRegex('a!', '!')).toThrow('escape');
  });
});

describe('LIKE with a literal pattern', () => {
  test('simple patterns are comparisons and searches', () => {
    const none = -1;
    expect(likeShape('par%', none)).toEqual({ kind: 'starts', text: 'par' });
    expect(likeShape('%cel', none)).toEqual({ kind: 'ends', text: 'cel' });
    expect(likeShape('%%rce%', none)).toEqual({ kind: 'holds', text: 'rce' });
    expect(likeShape('parcel', none)).toEqual({ kind: 'equals', text: 'parcel' });
    expect(likeShape('%', none).kind).toBe('all');
    expect(likeShape('p%r%%l', none)).toMatchObject({ kind: 'parts', parts: ['p', 'r', 'l'] });
    expect(likeShape('p_l', none).kind).toBe('pattern');
    expect(likeShape('50!%', 0x21).kind).toBe('pattern');
  });
});

describe('JSON', () => {
  test('numbers keep their digits, members are sorted', () => {
    expect(writeJson(parseJson('{"z": 1.50, "a": [1e3, -0, 0.10, 12345678901234567890]}'))).toBe(
      '{"a":[1E+3,0,0.10,12345678901234567890],"z":1.50}',
    );
    expect(['0.00000001', '1.5E-7', '100E-2', '12E5', '-0.0'].map(decimalText)).toEqual([
      '1E-8',
      '1.5E-7',
      '1.00',
      '1.2E+6',
      '0.0',
    ]);
  });

  test('what follows a value is not looked at, what is no value is refused', () => {
    expect(tryParseJson('{"a": 1} trailing')).toBeDefined();
    for (const bad of [
      '',
      ' ',
      '{',
      '{a: 1}',
      "{'a': 1}",
      '[1,]',
      '[01]',
      '[NaN]',
      'x',
      '7x',
      '"a\nb"',
      '"\\q"',
      'truex',
    ]) {
      expect(tryParseJson(bad), bad).toBeUndefined();
    }
    expect(tryParseJson(`${'['.repeat(5000)}${']'.repeat(5000)}`)).toBeUndefined();
    expect(() => parseJson('{"a": 1, "a": 2}', { duplicates: 'refuse' })).toThrow('twice');
  });

  test('a path finds a value, or an array of values', () => {
    const root = parseJson('{"a": {"b": [10, 20, 30]}, "c": [{"n": 1, "s": "x"}, {"n": 2}], "d e": 5}');
    const find = (path: string) => writeJson(readPath(jsonPath(path), root));
    expect(find('$.a.b[1]')).toBe('20');
    expect(find('$.a.b[-1]')).toBe('30');
    expect(find("$['d e']")).toBe('5');
    expect(find('$.a.b[1:]')).toBe('[20,30]');
    expect(find('$.a.b[0,2]')).toBe('[10,30]');
    expect(find('$..n')).toBe('[1,2]');
    expect(find('$.c[*].s')).toBe('["x"]');
    expect(find('$.c[?(@.n > 1 && !@.s)].n')).toBe('[2]');
    expect(find('$.c[?(@.s =~ /X/i || @.n in [9])].n')).toBe('[1]');
    expect(find('$.a.b.sum()')).toBe('60.0');
    expect(() => find('$.a.x')).toThrow();
    expect(readPath(jsonPath('a.b'), parseJson('{"a": {"b": 7}}'))).toEqual({ number: '7' });
  });
});

/** What JavaScript finds in a text that is JSON; undefined for nothing. */
function valueAt(path: string, text: string): Json | undefined {
  const root = parseJson(text);
  try {
    return readPath(jsonPath(path), root);
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}

describe('a scalar at a path of JSON text', () => {
  const jsonScalar = memory.exports.jsonScalar as (...places: number[]) => bigint;

  const jsonThere = memory.exports.jsonThere as (...places: number[]) => number;
  /** All but escaped texts and numbers that are shown otherwise. */
  const shownAsTheyStand = 1 | 2 | 4 | 16;

  /**
   * The scalar that the kernel finds; null where it sees none, undefined where it leaves the text to JavaScript. Beside
   * it, whether there is something, in the kernel's words.
   */
  function look(text: string, steps: readonly (string | number)[]): readonly [string | null | undefined, number] {
    const parts = steps.map((step) => {
      const head = Buffer.alloc(4);
      head.writeInt32LE(typeof step === 'number' ? -1 - step : Buffer.byteLength(step));
      return typeof step === 'number' ? head : Buffer.concat([head, Buffer.from(step)]);
    });
    const [bytes, path] = [Buffer.from(text), Buffer.concat(parts)];
    const [at, pathAt] = [memory.alloc(bytes.length + 16), memory.alloc(path.length + 16)];
    memory.u8.set(bytes, at);
    memory.u8.set(path, pathAt);
    const places = [at, bytes.length, pathAt, path.length];
    const view = BigInt.asUintN(64, jsonScalar(...places, shownAsTheyStand));
    const shown = view <= 1n ? null : memory.text(Number(view & 0xffff_ffffn), Number(view >> 32n));
    const there = jsonThere(...places);
    memory.free(at);
    memory.free(pathAt);
    return [view === 0n ? undefined : shown, there];
  }
  const found = (text: string, steps: readonly (string | number)[]) => look(text, steps)[0];

  test('is found among others, the last of equal names', () => {
    expect(found('{"a": 1, "b": {"a": [true, "x y"]}}', ['b', 'a', 1])).toBe('x y');
    expect(found('{"a": 1, "a": -27 }', ['a'])).toBe('-27');
    expect(found(' "" ', [])).toBe('');
    expect(found('[[], {"é": false}]', [1, 'é'])).toBe('false');
    for (const number of ['1.50', '-12.0', '0.000001', '0.0', '-0.5', '123456789.0123456789']) {
      expect(found(`{"a": ${number}}`, ['a'])).toBe(number);
    }
  });

  test.each(['{}', '{"a": null}', '{"a": [1]}', '{"a": {"a": 1}}', '[1]', '7', '{"a": 1, "a": {}}'])(
    '%s has none',
    (text) => {
      expect(found(text, ['a'])).toBeNull();
    },
  );

  test.each([
    '{"a": 1e2}',
    '{"a": 0.0000001}',
    '{"a": -0.0}',
    '{"a": 0.0000000}',
    '{"a": "\\n"}',
    '{"a": -0}',
    '{"a": 01}',
    '{"a": 1,}',
    '{"a": 1} 2',
    '{"a": 1, "\\u0061": 2}',
    '{"a": 1, "b": "\u0001"}',
    '{"a": 1',
    '',
  ])('%s is left to JavaScript', (text) => {
    expect(found(text, ['a'])).toBeUndefined();
  });

  test('is what JavaScript finds, in damaged texts too', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'é'), fc.nat(2)), { maxLength: 3 });
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('list'), tie('object')),
      leaf: fc.oneof(fc.constantFrom('x', 'q"', true, false, null, 7, -1, 0.5), fc.string()),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'é'), tie('value'), { maxKeys: 3 }),
    })).value;
    fc.assert(
      fc.property(
        json,
        steps,
        fc.nat(),
        fc.constantFrom('', '"', '{', ']', ',', '1', '\\'),
        (value, path, place, put) => {
          const whole = JSON.stringify(value);
          const at = place % (whole.length + 1);
          const text = whole.slice(0, at) + put + whole.slice(at + (place % 2));
          const [shown, there] = look(text, path);
          if (shown === undefined && there === 0) return;
          const written = path.map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`)).join('');
          const expected = valueAt(`$${written}`, text);
          if (there !== 0) expect(there).toBe(expected === undefined ? 1 : expected === null ? 2 : 3);
          if (shown === undefined) return;
          const scalar = expected === undefined || expected === null || !isScalar(expected) ? null : expected;
          expect(shown).toBe(typeof scalar === 'string' || scalar === null ? scalar : writeJson(scalar));
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe('addresses', () => {
  test('are cut as java.net.URL cuts them', () => {
    expect(urlParts('https://ann:pw@shop.example:8443/cart?id=7#top')).toEqual({
      protocol: 'https',
      authority: 'ann:pw@shop.example:8443',
      userInfo: 'ann:pw',
      host: 'shop.example',
      path: '/cart',
      query: 'id=7',
      ref: 'top',
    });
    expect(urlParts('http://[2001:db8::1]:80/x')?.host).toBe('[2001:db8::1]');
    for (const bad of ['', 'not a url', 'shop.example/p', 'kafka://broker:9092/t', 'http://h:abc/']) {
      expect(urlParts(bad), bad).toBeNull();
    }
  });
});
