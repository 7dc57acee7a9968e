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
export function stopRequest(environment: StreamEnvironment, folder: string): StopRequest | null {
  const request = requestTo<StopRequest>(environment, join(folder, requestName));
  return request === null ? null : { drains: request.drains };
}

/** What a file asks of this very process; null: there is none, or it is for another. */
export function requestTo<T>({ files, processes }: StreamEnvironment, path: string): (ProcessIdentity & T) | null {
  const bytes = files.readAll(path);
  if (bytes === null) return null;
  try {
    const request = JSON.parse(Buffer.from(bytes).toString()) as ProcessIdentity & T;
    const { self } = processes;
    return request.pid === self.pid && request.started === self.started ? request : null;
  } catch {
    return null;
  }
}
