/** A comment above a declaration, in its parts. */
export interface DocComment {
  /** What stands before the first tag, as it was written. */
  readonly text: string;
  readonly examples: readonly string[];
  readonly throws: readonly string[];
  readonly returns: string | null;
  /** `@param name text` */
  readonly params: readonly string[];
  readonly isInternal: boolean;
}

/** Of what stands before a declaration, the last comment; null where it has none that says anything. */
export function docCommentOf(before: string): DocComment | null {
  const comment = [...before.matchAll(/\/\*\*(.*?)\*\//gs)].at(-1)?.[1];
  if (comment === undefined) return null;
  const text = comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
  // A tag begins a line, or ends the sentence before it.
  const [first = '', ...tagged] = text.split(/(?:^|\n|(?<=[.;] ))@(?=example|throws|returns|param|internal)/);
  const tags = tagged.map((tag) => {
    const [, name = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(tag) ?? [];
    return { name, text: rest.trim() };
  });
  const of = (name: string): string[] => tags.filter((tag) => tag.name === name).map((tag) => tag.text);
  return {
    text: first.trim(),
    examples: of('example'),
    throws: of('throws'),
    returns: of('returns')[0] ?? null,
    params: of('param'),
    isInternal: of('internal').length > 0,
  };
}
