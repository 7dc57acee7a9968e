import { isAppendOnly } from '../../plan/logical.ts';
import { jsonText } from '../../session/result-text.ts';
import type { ResultRow } from '../../session/statement-event.ts';
import type { AnswerWriter, WriteText } from './answer-writer.ts';

/**
 * A JSON object a row, by column names. Numbers are written with all their digits, also where JSON.parse would round
 * them; times are texts. In an updating result each object begins with its kind, as `"op"`.
 */
export function jsonlWriter(write: WriteText): AnswerWriter {
  let lineOf: (row: ResultRow) => string = () => '';
  return {
    begin({ columns, changes, timeZone }) {
      const hasOp = !isAppendOnly(changes);
      const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
      lineOf = (row) => {
        const fields = columns.map(({ type }, at) => `${keys[at]}${jsonText(row.values[at] ?? null, type, timeZone)}`);
        return `{${[...(hasOp ? [`"op":"${row.kind}"`] : []), ...fields].join(',')}}\n`;
      };
    },
    rows(rows) {
      write(rows.map(lineOf).join(''));
    },
    end() {},
    refused() {},
  };
}
