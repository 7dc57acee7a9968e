import type { EnginePort } from './engine-port.ts';

/** The engine of the sources as a port. */
export async function openEngine(): Promise<EnginePort> {
  throw new Error('src/engine.ts does not exist');
}
