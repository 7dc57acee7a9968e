/** B: the statement is well formed, but a name, a type or a rule is not. */
export const bindCodes = {
  B001: 'unknown table',
  B002: 'unknown function',
  B003: 'unknown column',
  B004: 'ambiguous column',
} as const
