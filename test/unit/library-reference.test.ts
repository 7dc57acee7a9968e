import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { docCommentOf } from '../support/reference/doc-comment.ts';
import { libraryPage, undocumented } from '../support/reference/library-page.ts';
import { publicSymbols } from '../support/reference/public-symbols.ts';

describe('the public symbols', () => {
  const symbols = publicSymbols();

  test('say what they are, each with its members', () => {
    expect(undocumented(symbols)).toEqual([]);
  });

  test('are in the reference page as they are: npm run reference', () => {
    const page = readFileSync(new URL('../../src/library/REFERENCE.md', import.meta.url), 'utf8');
    expect(page).toBe(libraryPage(symbols));
  });

  test('are shown without bodies, what is private, and what is internal', () => {
    const query = symbols.find(({ name }) => name === 'Query');
    expect(query?.signature).toBe('class Query<Row> implements AsyncIterable<Change<Row>>');
    expect(query?.members.map(({ signatures }) => signatures[0])).toContain('toArray(): Promise<Row[]>');
    expect(query?.members.map(({ name }) => name)).not.toContain('constructor');
    const put = symbols.find(({ name }) => name === 'DataStream')?.members.find(({ name }) => name === 'put');
    expect(put?.signatures).toHaveLength(2);
  });
});

describe('a comment', () => {
  test('is read in its parts; the last one before a declaration counts', () => {
    const comment = docCommentOf(`/** Another. */
      /**
       * What it does,
       * in two lines. @throws Error always
       * @example
       * f(1);
       *   f(2);
       */`);
    expect(comment).toEqual({
      text: 'What it does,\nin two lines.',
      throws: ['Error always'],
      examples: ['f(1);\n  f(2);'],
      returns: null,
      params: [],
      isInternal: false,
    });
    expect(docCommentOf('// no comment of that kind')).toBeNull();
  });
});
