import type { RowFailure } from '../codegen/row-failure.ts';
import type { RowPlace } from '../connectors/connector.ts';
import { DiagnosticError, error } from '../diagnostics/diagnostic.ts';
import type { Origin } from './element.ts';

/** Of a record's text, so much is shown. */
const shownTextMax = 200;

/** The error with both its places: the expression in the SQL, and the row in its shard. */
export function rowFailureError(failure: RowFailure, origin: Origin | null): DiagnosticError {
  const place = origin === null || failure.rowIndex === null ? null : origin.place(failure.rowIndex);
  const notes = place === null ? [] : placeNotes(place);
  if (failure.cause === null) return new DiagnosticError([error('F001', failure.span, failure.message, { notes })]);
  return new DiagnosticError([error('F017', failure.span, failure.message, { notes })], failure.cause.cause);
}

/** `at row hits/shard-2.ndjson:118 (byte 35204)`, then the record's text. */
function placeNotes(place: RowPlace): readonly string[] {
  const line = place.line === null ? '' : `:${place.line}`;
  const byte = place.offset === null ? '' : ` (byte ${place.offset.toLocaleString('en')})`;
  const notes = [`at the row ${place.shard}${line}${byte}`];
  if (place.text !== null)
    notes.push(place.text.length > shownTextMax ? `${place.text.slice(0, shownTextMax)}...` : place.text);
  return notes;
}
