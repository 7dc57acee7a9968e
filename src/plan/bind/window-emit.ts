import type { Settings } from '../../catalog/settings.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { WindowEmit, WindowKind } from '../logical.ts';

/** `table.exec.emit.*`: null for what is not set. */
export interface EmitSettings {
  readonly isEarly: boolean;
  readonly earlyMs: number | null;
  readonly isLate: boolean;
  readonly lateMs: number | null;
  /** Where it is not set, the time to live of state; null: there is none either. */
  readonly latenessMs: number | null;
}

export function emitSettingsOf(settings: Settings): EmitSettings {
  return {
    isEarly: settings.boolean('table.exec.emit.early-fire.enabled'),
    earlyMs: settings.givenDurationMs('table.exec.emit.early-fire.delay'),
    isLate: settings.boolean('table.exec.emit.late-fire.enabled'),
    lateMs: settings.givenDurationMs('table.exec.emit.late-fire.delay'),
    latenessMs:
      settings.givenDurationMs('table.exec.emit.allow-lateness') ?? settings.givenDurationMs('table.exec.state.ttl'),
  };
}

/** When a group window is sent besides at its end; null: at no other time. @throws DiagnosticError B023, O003 */
export function groupWindowEmit(
  { isEarly, earlyMs, isLate, lateMs, latenessMs }: EmitSettings,
  { window, time }: { readonly window: WindowKind; readonly time: 'event' | 'processing' },
  span: Span,
): WindowEmit | null {
  if (!isEarly && !isLate) return null;
  if (window.kind === 'session') {
    fail('B023', span, 'a session is sent once, at its end', {
      help: "switch off 'table.exec.emit.early-fire.enabled' and 'table.exec.emit.late-fire.enabled'",
    });
  }
  const lateness = isLate ? (latenessMs ?? 0) : 0;
  if (isLate && time === 'event' && lateness === 0) {
    fail('O003', span, 'to be sent after its end a window must take rows that are late', {
      help: "SET 'table.exec.emit.allow-lateness' = '1 min'",
    });
  }
  if (isEarly && earlyMs === null) delayMissing('early', span);
  if (isLate && lateMs === null) delayMissing('late', span);
  if (isLate && (lateMs ?? 0) > lateness) {
    fail('O003', span, '"table.exec.emit.late-fire.delay" is longer than late rows are taken', {
      notes: [`changes wait for ${lateMs} ms, and rows come for ${lateness} ms after the end`],
    });
  }
  // By processing time no row is late.
  if (time === 'processing') return isEarly ? { earlyMs, lateMs: null, latenessMs: 0 } : null;
  return { earlyMs: isEarly ? earlyMs : null, lateMs: isLate ? lateMs : null, latenessMs: lateness };
}

function delayMissing(phase: 'early' | 'late', span: Span): never {
  fail('O003', span, `"table.exec.emit.${phase}-fire.enabled" needs to know how long changes wait`, {
    help: `SET 'table.exec.emit.${phase}-fire.delay' = '0 s' to send each, or longer`,
  });
}

/** @throws DiagnosticError B023: a window function's windows are sent once */
export function refuseWindowEmit({ isEarly, isLate }: EmitSettings, span: Span): void {
  if (!isEarly && !isLate) return;
  fail('B023', span, 'a window function is sent once, at the end of its windows', {
    help: `switch off 'table.exec.emit.${isEarly ? 'early' : 'late'}-fire.enabled', or write the window in GROUP BY`,
  });
}
