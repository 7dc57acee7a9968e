import type { ProcessIdentity, StreamEnvironment } from '../streams/stream-environment.ts';

/**
 * Asks the process that runs a job for something: a file beside the lock, for that very process. Another that has its
 * number by now, or runs the job after it, takes no notice.
 */
export async function putRequest(
  { files }: StreamEnvironment,
  path: string,
  owner: ProcessIdentity,
  request: object,
): Promise<void> {
  await files.remove(path);
  files.createWhole(path, Buffer.from(JSON.stringify({ ...owner, ...request })));
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
