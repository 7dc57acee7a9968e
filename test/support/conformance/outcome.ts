import type { Difference } from './compare.ts';
import type { Refusal } from './engine-port.ts';

/** How one case went. */
export type Outcome =
  /** `pair`: both refused; whether the texts name the same thing is for a person to judge. */
  | { readonly kind: 'passes'; readonly pair: { readonly expected: string; readonly got: string } | null }
  | {
      readonly kind: 'differs';
      /** The mode of the run: `batch size 1`, `folded`. */
      readonly where: string;
      readonly difference: Difference;
      /** Where the script was refused, by whatever statement; null when it ran to its end. */
      readonly refused: Refusal | null;
    }
  /** A fault of the engine: an exception that is no diagnostic, or no end. Never excused. */
  | { readonly kind: 'crash'; readonly where: string; readonly text: string };

/** What a person needs of something thrown. */
export function stackOf(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}
