/** P: the text is not a statement. */
export const parseCodes = {
  P001: 'something else is expected at this place',
  P002: 'a reserved word is used as a name',
  P003: 'a character that has no meaning here',
  P004: 'a string, a quoted name or a comment does not end',
  P005: 'the text ends in the middle of a statement',
  P006: 'a literal is malformed',
  P007: 'an operator that Flink does not have',
  P008: 'nested too deeply',
  P009: 'not a statement',
  P010: 'a query is expected, or is not allowed, here',
  P011: 'a clause that is given twice or that excludes another',
  P012: 'a clause that Flink does not have',
  P013: 'a name that is empty or too long',
} as const;
