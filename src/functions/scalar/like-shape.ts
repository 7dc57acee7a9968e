/** What a literal LIKE pattern asks for; `pattern` is what needs the matcher. */
export type LikeShape =
  | { readonly kind: 'all' | 'equals' | 'starts' | 'ends' | 'holds' | 'pattern'; readonly text: string }
  /** Texts in this order, the first at the start and the last at the end unless they are open there. */
  | {
      readonly kind: 'parts';
      readonly parts: readonly string[];
      readonly isOpenAtStart: boolean;
      readonly isOpenAtEnd: boolean;
    };

/**
 * The shape of a literal pattern. The empty pattern takes any text: so Flink answers for a literal, though not for a
 * computed pattern. `escapeByte` is a byte, or -1.
 */
export function likeShape(pattern: string, escapeByte: number): LikeShape {
  if (pattern === '') return { kind: 'all', text: '' };
  const escapeCharacter = escapeByte < 0 ? null : String.fromCharCode(escapeByte);
  if (escapeCharacter !== null && pattern.includes(escapeCharacter)) return { kind: 'pattern', text: pattern };
  const inner = pattern.replace(/^%+|%+$/g, '');
  if (inner.includes('_')) return { kind: 'pattern', text: pattern };
  const isOpenAtStart = pattern.startsWith('%');
  const isOpenAtEnd = pattern.endsWith('%');
  if (inner.includes('%')) return { kind: 'parts', parts: inner.split(/%+/), isOpenAtStart, isOpenAtEnd };
  if (inner === '') return { kind: 'all', text: '' };
  if (isOpenAtStart && isOpenAtEnd) return { kind: 'holds', text: inner };
  if (isOpenAtStart) return { kind: 'ends', text: inner };
  return { kind: isOpenAtEnd ? 'starts' : 'equals', text: inner };
}
