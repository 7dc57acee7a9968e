/** What a function of the program threw, or gave that is no value of its type. Becomes an F017 at the call in the SQL. */
export class ProgramFunctionError extends Error {
  override readonly name = 'ProgramFunctionError';

  /** `thrown` stays as the cause, with its stack. */
  constructor(what: string, thrown: unknown) {
    super(`${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

/** Runs a callback; what it throws is told as its function's. */
export function called<T>(name: string, callback: () => T): T {
  try {
    return callback();
  } catch (thrown) {
    throw new ProgramFunctionError(`${name} failed`, thrown);
  }
}

/** Reads what a callback gave; a value of another type is told as its function's. */
export function given<T>(name: string, typeName: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new ProgramFunctionError(`${name} gave no ${typeName}`, thrown);
  }
}
