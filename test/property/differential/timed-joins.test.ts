import { expectAsDuckdb } from '../../support/differential/expect-equal.ts';

expectAsDuckdb('interval joins', 'window joins', 'temporal joins');
