import { isAppendOnly } from '../../plan/logical.ts';
import { rowTexts } from '../../session/result-text.ts';
import type { ResultRow } from '../../session/statement-event.ts';
import type { AnswerWriter, WriteText } from './answer-writer.ts';

/**
 * Comma-separated values with a header line, as in RFC 4180 with plain line feeds: a field with a comma, a quote or a
 * line break is quoted, NULL is empty and an empty text is `""`. An updating result has its kinds in a first column `op`.
 */
export function csvWriter(write: WriteText): AnswerWriter {
  let lineOf: (row: ResultRow) => string = () => '';
  let isFirst = true;
  return {
    begin(header) {
      const textsOf = rowTexts(header);
      const hasOp = !isAppendOnly(header.changes);
      // Answers of several statements are parted by an empty line.
      if (!isFirst) write('\n');
      isFirst = false;
      write(line([...(hasOp ? ['op'] : []), ...header.columns.map(({ name }) => name)]));
      lineOf = (row) => line(hasOp ? [row.kind, ...textsOf(row)] : textsOf(row));
    },
    rows(rows) {
      write(rows.map(lineOf).join(''));
    },
    end() {},
    refused() {},
  };
}

function line(fields: readonly (string | null)[]): string {
  return `${fields.map(field).join(',')}\n`;
}

function field(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
