/** The end of an exhaustive switch. @throws always: a case is missing */
export function unreachable(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
