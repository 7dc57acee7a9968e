import { type SqlType, sameType, typeText, withNullable } from '../../types/sql-type.ts';
import { castsImplicitly, isCharacter } from '../coercion.ts';
import type { Parameter } from '../scalar-function.ts';
import type { ProgramParameter, ProgramSignature } from './program-function.ts';

/**
 * The overloads of signatures: first all with their parameters as they are, then all with what is cast to them
 * implicitly. The signature that is meant exactly goes before one that would do.
 */
export function overloadsOf<Signature extends ProgramSignature, Overload>(
  signatures: readonly Signature[],
  overload: (signature: Signature, params: readonly Parameter[]) => Overload,
): readonly Overload[] {
  return [isSame, castsImplicitly].flatMap((accepts) =>
    signatures.map((signature) => {
      const params = signature.parameters.map((parameter) => parameterOf(parameter, signature, accepts));
      return overload(signature, params);
    }),
  );
}

function parameterOf(
  { name, type }: ProgramParameter,
  { seesNulls }: ProgramSignature,
  accepts: (from: SqlType, to: SqlType) => boolean,
): Parameter {
  // Where NULLs do not reach the function, a parameter takes what may be NULL though it is declared NOT NULL.
  const refusesNulls = seesNulls && !type.nullable;
  const text = typeText(withNullable(type, !refusesNulls));
  return {
    name: name ?? '',
    text: name === null ? text : `${name} ${text}`,
    accepts: (given) => {
      if (!accepts(given, type) || (given.nullable && refusesNulls)) return null;
      const isFitting = given.kind === 'VARCHAR' && type.kind === 'VARCHAR' && given.length <= type.length;
      return isFitting ? given : withNullable(type, given.nullable);
    },
  };
}

function isSame(from: SqlType, to: SqlType): boolean {
  return sameType(from, to) || (isCharacter(from) && to.kind === 'VARCHAR');
}
