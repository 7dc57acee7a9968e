import { join } from 'node:path';
import type { ProcessIdentity, StreamEnvironment } from '../streams/stream-environment.ts';
import { putRequest, requestTo } from './job-request.ts';

const requestName = 'stop-request';

/** How a job is asked to stop. */
export interface StopRequest {
  /** Windows are closed and timers fire as at the end of the input. */
  readonly drains: boolean;
}

/** Asks the process that runs a job to stop it. */
export async function askToStop(
  environment: StreamEnvironment,
  folder: string,
  owner: ProcessIdentity,
  request: StopRequest,
): Promise<void> {
  await putRequest(environment, join(folder, requestName), owner, request);
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
