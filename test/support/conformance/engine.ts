import { existsSync } from 'node:fs';
import type { EnginePort } from './engine-port.ts';

/** The engine of the sources as a port, or null as long as there is none. */
export async function openEngine(): Promise<EnginePort | null> {
  if (!existsSync(new URL('../../../src/engine.ts', import.meta.url))) return null;
  return null;
}
