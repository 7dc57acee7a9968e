/** Why a call of a function of Flink is refused here: it stands elsewhere, or no stream can execute it. */
export interface OtherFunction {
  /** Of legal SQL that is not executed: `is not supported yet`; else the call stands where it may not. */
  readonly isLater: boolean;
  readonly reason: string;
}

const elsewhere = (reason: string): OtherFunction => ({ isLater: false, reason });
const later = (reason: string): OtherFunction => ({ isLater: true, reason });

const ranking = elsewhere('it ranks the rows of a window: write it with OVER (PARTITION BY ... ORDER BY ...)');
const ofAllRows = elsewhere(
  'it needs rows that come later, and a stream has no end; Flink takes it in batch mode only',
);
const grouping = elsewhere('it tells which grouping set a row is of, and stands in the SELECT list of a GROUP BY');
const matching = elsewhere('it stands in MEASURES and DEFINE of MATCH_RECOGNIZE');

/**
 * The functions of Flink 2.2 that have no entry in the registry. With it they are all that Flink lists and documents
 * (`test/unit/flink-functions.test.ts`), so that no function of Flink is ever called unknown.
 */
export const otherFunctions: ReadonlyMap<string, OtherFunction> = new Map([
  ['ROW_NUMBER', ranking],
  ['RANK', ranking],
  ['DENSE_RANK', ranking],
  ['LAG', ranking],
  ['LEAD', ofAllRows],
  ['NTILE', ofAllRows],
  ['CUME_DIST', ofAllRows],
  ['PERCENT_RANK', ofAllRows],
  ['GROUPING', grouping],
  ['GROUPING_ID', grouping],
  ['GROUP_ID', grouping],
  ['CLASSIFIER', matching],
  ['MATCH_PROCTIME', matching],
  ['MATCH_ROWTIME', matching],
  ['SOURCE_WATERMARK', elsewhere('it stands alone in WATERMARK FOR of a table whose source has watermarks of its own')],
  ['APPROX_COUNT_DISTINCT', later('Flink takes it in batch mode only; COUNT(DISTINCT x) is exact')],
  [
    'STREAMRECORD_TIMESTAMP',
    later('it reads the time of a record of the DataStream API; name the column of event time'),
  ],
  ['ML_PREDICT', later('it takes a model, and there are none here')],
  ['VECTOR_SEARCH', later('it takes a table that is searched by vectors, and there are none here')],
]);
