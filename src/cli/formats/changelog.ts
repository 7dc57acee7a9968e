import { rowTexts } from '../../session/result-text.ts';
import type { ResultRow } from '../../session/statement-event.ts';
import { columnTypeText } from '../../types/column.ts';
import type { AnswerWriter, WriteText } from './answer-writer.ts';

/**
 * The exact changelog, for tools: a JSON text a line.
 *
 * ```
 * [{"name":"k","type":"STRING"},{"name":"n","type":"BIGINT NOT NULL"}]
 * ["+I","a","1"]
 * ["-U","a","1"]
 * {"error":{"code":"B003","message":"unknown column \"x\"","line":2,"column":8}}
 * ```
 *
 * Values are in the text form of Flink's SQL client, NULL is null.
 */
export function changelogWriter(write: WriteText): AnswerWriter {
  let textsOf: (row: ResultRow) => readonly (string | null)[] = () => [];
  return {
    begin(header) {
      textsOf = rowTexts(header);
      write(
        `${JSON.stringify(header.columns.map((column) => ({ name: column.name, type: columnTypeText(column) })))}\n`,
      );
    },
    rows(rows) {
      write(rows.map((row) => `${JSON.stringify([row.kind, ...textsOf(row)])}\n`).join(''));
    },
    end() {},
    refused([first]) {
      if (first === undefined) return;
      const position = first.span?.source.position(first.span.start) ?? { line: null, column: null };
      write(`${JSON.stringify({ error: { code: first.code, message: first.message, ...position } })}\n`);
    },
  };
}
