import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../src/diagnostics/render.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import { parse } from '../../src/sql/parse.ts';
import { corpusTexts } from '../support/sql/corpus-texts.ts';

const runs = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 800);
/** What one text may take, compiled or not; the slowest here take a tenth. */
const textMsMax = 2000;

const { scripts, expressions } = corpusTexts();
const words = [...new Set(scripts.flatMap(({ text }) => text.match(/\w+|'[^']*'|[^\w\s]/g) ?? []))];

/** Scripts of the corpus in which pieces were taken out, doubled, swapped or put in. */
const mutated: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...scripts.map(({ text }) => text)),
      fc.constantFrom(...expressions.map(({ text }) => `SELECT ${text}`)),
    ),
    fc.array(fc.tuple(fc.constantFrom('take', 'double', 'swap', 'put', 'letter'), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([text, changes]) => {
    const pieces = text.match(/\s+|\w+|'[^']*'|[^\w\s]/g) ?? [];
    for (const [change, first, second] of changes) {
      const at = first % Math.max(pieces.length, 1);
      const other = second % Math.max(pieces.length, 1);
      if (change === 'take') pieces.splice(at, 1 + (second % 3));
      else if (change === 'double') pieces.splice(at, 0, ...pieces.slice(at, at + 1 + (second % 5)));
      else if (change === 'put') pieces.splice(at, 0, ` ${words[second % words.length] ?? ''} `);
      else if (change === 'swap') [pieces[at], pieces[other]] = [pieces[other] ?? '', pieces[at] ?? ''];
      else pieces[at] = `${pieces[at]?.slice(0, second % 7) ?? ''}${String.fromCharCode(32 + (second % 96))}`;
    }
    return pieces.join('');
  });

/** Words in any order. */
const shuffled: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...words, '(', ')', ',', ';', '\n', '--', '/*', '*/', '`', "'"), { maxLength: 40 })
  .map((chosen) => chosen.join(' '));

const texts = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: shuffled },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);

/** A mistake has a place within the text, and can be shown. */
function expectPlace(diagnostic: Diagnostic, text: string): void {
  const { span } = diagnostic;
  expect(span, diagnostic.message).not.toBeNull();
  expect(span?.start).toBeGreaterThanOrEqual(0);
  expect(span?.end).toBeLessThanOrEqual(text.length);
  expect(span?.start).toBeLessThanOrEqual(span?.end ?? -1);
  expect(renderDiagnostic(diagnostic)).toContain(diagnostic.message.split('\n')[0]);
}

test('any text is a tree, or a mistake with its place', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const start = performance.now();
      const { diagnostics } = parse(new SourceText('fuzz.sql', text));
      for (const diagnostic of diagnostics) expectPlace(diagnostic, text);
      expect(performance.now() - start).toBeLessThan(textMsMax);
    }),
    { numRuns: runs },
  );
});

test('any script has a plan, or a mistake with its place', async () => {
  const memory = Memory.create();
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      const start = performance.now();
      const engine = new Engine({ memory, standardOutput: () => {}, standardError: () => {} });
      for await (const event of engine.explain(new SourceText('fuzz.sql', text))) {
        if (event.kind === 'refused') for (const diagnostic of event.diagnostics) expectPlace(diagnostic, text);
        else expect(event.text.length).toBeGreaterThan(0);
      }
      engine.close();
      expect(performance.now() - start).toBeLessThan(textMsMax);
    }),
    { numRuns: runs },
  );
});
