import { join } from 'node:path';
import type { ProcessIdentity, StreamEnvironment } from '../streams/stream-environment.ts';

const requestName = 'stop-request';

/** How a job is asked to stop. */
export interface StopRequest {
  /** Windows are closed and timers fire as at the end of the input. */
  readonly drains: boolean;
}

/**
 * Asks the process that runs a job to stop it: a file beside the lock, for that very process. Another that has its
 * number by now, or runs the job after it, takes no notice.
 */
export async function askToStop(
  { files }: StreamEnvironment,
  folder: string,
  owner: ProcessIdentity,
  request: StopRequest,
): Promise<void> {
  const path = join(folder, requestName);
  await files.remove(path);
  files.createWhole(path, Buffer.from(JSON.stringify({ ...owner, ...request })));
}

/** Takes a request back that nobody has answered. */
export async function takeBackRequest({ files }: StreamEnvironment, folder: string): Promise<void> {
  await files.remove(join(folder, requestName));
}

/** What this process was asked for; null: nothing. */
export function stopRequest({ files, processes }: StreamEnvironment, folder: string): StopRequest | null {
  const bytes = files.readAll(join(folder, requestName));
  if (bytes === null) return null;
  try {
    const { pid, started, drains } = JSON.parse(Buffer.from(bytes).toString()) as ProcessIdentity & StopRequest;
    const { self } = processes;
    return pid === self.pid && started === self.started ? { drains } : null;
  } catch {
    return null;
  }
}
