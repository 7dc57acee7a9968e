import { expectAsDuckdb } from '../../support/differential/expect-equal.ts';

expectAsDuckdb('joins', 'subqueries');
