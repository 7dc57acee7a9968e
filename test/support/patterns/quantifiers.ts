/** The quantifiers of `A B+? C{2}`, as text is read in tests. */
export const quantifiers = {
  '': { min: 1, max: 1, isGreedy: false },
  '?': { min: 0, max: 1, isGreedy: false },
  '*': { min: 0, max: null, isGreedy: true },
  '+': { min: 1, max: null, isGreedy: true },
  '*?': { min: 0, max: null, isGreedy: false },
  '+?': { min: 1, max: null, isGreedy: false },
  '{2}': { min: 2, max: 2, isGreedy: false },
  '{1,2}': { min: 1, max: 2, isGreedy: true },
  '{0,2}': { min: 0, max: 2, isGreedy: true },
  '{2,}?': { min: 2, max: null, isGreedy: false },
} as const;
