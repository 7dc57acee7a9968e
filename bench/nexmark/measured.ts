import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Usage } from './usage.ts';

/** What one query cost, here and there. */
export interface Measured {
  readonly query: string;
  readonly events: number;
  readonly ours: Usage;
  /** From Arrow batches, in this process: events per second. */
  readonly fromArrow: number;
  readonly flink: Usage | null;
  /** Why there is no figure of Flink. */
  readonly flinkFailed: string | null;
  /** How many values of the reference hold. */
  readonly values: number;
}

/** Results in a file, a line each, as they come: what an interrupted run has measured another goes on from. */
export class MeasuredFile {
  readonly path: string;
  readonly #known = new Map<string, Measured>();

  constructor(path: string, events: number) {
    this.path = path;
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const measured = JSON.parse(line) as Measured;
      if (measured.events === events) this.#known.set(measured.query, measured);
    }
  }

  known(query: string): Measured | undefined {
    return this.#known.get(query);
  }

  add(measured: Measured): void {
    appendFileSync(this.path, `${JSON.stringify(measured)}\n`);
    this.#known.set(measured.query, measured);
  }
}
