import { totalmem } from 'node:os';

/** Of the machine's memory, or of what a container may have: the rest is for the process itself and for the disk's cache. */
const share = 0.75;

/** Addresses have 32 bits; the last page stays out, so that every end fits. */
const addressableBytes = 65_535 * 65_536;

/** Null: not asked yet. A container's bound stands in files. */
let machineBytes: number | null = null;

/** What a job may have where nobody says: as much as keeps the process from being killed for it. */
export function machineMemoryBytes(): number {
  machineBytes ??= askMachine();
  return machineBytes;
}

function askMachine(): number {
  // Without a container's bound it says 0, or more than there is.
  const constrainedBytes = process.constrainedMemory();
  const bytes = constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
  return Math.min(addressableBytes, Math.floor(bytes * share));
}
