import { type SqlType, STRING, typeText } from '../../types/sql-type.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** The types of SQL have names that Flink shortens where it shows them; TYPEOF(x, TRUE) gives the long ones. */
function longText(type: SqlType): string {
  return typeText(type)
    .replace(/\bSTRING\b/g, 'VARCHAR(2147483647)')
    .replace(/\bBYTES\b/g, 'VARBINARY(2147483647)')
    .replace(/\bTIMESTAMP_LTZ(\(\d\))/g, 'TIMESTAMP$1 WITH LOCAL TIME ZONE');
}

const typeOf: ScalarFunction = {
  name: 'TYPEOF',
  category: 'conversion',
  summary: 'The type of a value as text; with TRUE its whole name, such as VARCHAR(2147483647) for STRING.',
  overloads: [
    {
      params: [
        parameter('value', 'ANY', () => true),
        parameter(
          'whole',
          'BOOLEAN',
          (type, { literals, index }) => type.kind === 'BOOLEAN' && literals[index] !== null,
          {
            optional: true,
            literal: true,
          },
        ),
      ],
      returns: () => STRING(),
      nulls: 'custom',
      code: {
        kind: 'typed',
        value: ([type], literals) => (literals[1] === true ? longText(type as SqlType) : typeText(type as SqlType)),
      },
    },
  ],
  examples: [
    { sql: 'TYPEOF(1.50)', result: 'DECIMAL(3, 2) NOT NULL' },
    { sql: "TYPEOF(CAST('a' AS STRING), TRUE)", result: 'VARCHAR(2147483647) NOT NULL' },
  ],
};

export const typeOfFunctions: readonly ScalarFunction[] = [typeOf];
