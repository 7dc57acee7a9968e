import { join } from 'node:path';
import type { ProcessIdentity, StreamEnvironment } from '../streams/stream-environment.ts';
import { putRequest, requestTo } from './job-request.ts';

const requestName = 'savepoint-request';
const answerName = 'savepoint-answer';

/** A savepoint that the process of a running job is asked for. */
export interface SavepointRequest {
  /** Tells it from others. */
  readonly id: string;
  /** Absolute; null: a new folder `among` others. */
  readonly path: string | null;
  readonly among: string;
}

/** What became of it. */
export type SavepointAnswer = { readonly path: string } | { readonly refusal: string };

/** Asks the process that runs a job for a savepoint. */
export async function askForSavepoint(
  environment: StreamEnvironment,
  folder: string,
  owner: ProcessIdentity,
  request: SavepointRequest,
): Promise<void> {
  await putRequest(environment, join(folder, requestName), owner, request);
}

/** What this process was asked for, and has not answered; null: nothing. */
export function savepointRequest(environment: StreamEnvironment, folder: string): SavepointRequest | null {
  const request = requestTo<SavepointRequest>(environment, join(folder, requestName));
  return request === null ? null : { id: request.id, path: request.path, among: request.among };
}

/** Answers a request, which is then gone. */
export async function answerSavepoint(
  { files }: StreamEnvironment,
  folder: string,
  { id }: SavepointRequest,
  answer: SavepointAnswer,
): Promise<void> {
  const path = join(folder, answerName);
  await files.remove(path);
  files.createWhole(path, Buffer.from(JSON.stringify({ id, ...answer })));
  await files.remove(join(folder, requestName));
}

/** The answer to a request of this name; null: not yet. */
export function savepointAnswer({ files }: StreamEnvironment, folder: string, id: string): SavepointAnswer | null {
  const bytes = files.readAll(join(folder, answerName));
  if (bytes === null) return null;
  try {
    const answer = JSON.parse(Buffer.from(bytes).toString()) as SavepointAnswer & { readonly id: string };
    return answer.id === id ? answer : null;
  } catch {
    return null;
  }
}

/** Takes request and answer away. */
export async function forgetSavepoint({ files }: StreamEnvironment, folder: string): Promise<void> {
  for (const name of [requestName, answerName]) {
    const path = join(folder, name);
    if (files.readAll(path) !== null) await files.remove(path);
  }
}
