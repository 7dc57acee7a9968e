import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../catalog/settings.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { machineMemoryBytes } from '../memory/machine-memory.ts';
import { Memory } from '../memory/memory.ts';
import { OperatorState, StateMismatch } from '../memory/operator-state.ts';
import { fingerprint } from '../physical/fingerprint.ts';
import type { PhysicalGraph, PhysicalOperator } from '../physical/graph.ts';
import { lineages } from '../physical/lineage.ts';
import { checkpointFailure } from '../runtime/checkpoint-failure.ts';
import { type CheckpointSettings, runsElsewhere } from '../runtime/checkpoints.ts';
import { memorySetting } from '../runtime/memory-failure.ts';
import { epochsIn } from '../state/checkpoint-files.ts';
import { CheckpointFolder, type LoadedCheckpoint, type UnreadableCheckpoint } from '../state/checkpoint-folder.ts';
import { DamagedManifest, type JobScript, type Manifest, OtherRelease, type SavedNode } from '../state/manifest.ts';
import { type FoundCheckpoint, findCheckpoint, loadCheckpoint } from '../state/savepoint.ts';
import type { StreamFiles } from '../streams/stream-environment.ts';
import { StreamError } from '../streams/stream-error.ts';
import { asOf, claims, refuseUnclaimed, refuseUnshown, waysOn } from './job-claims.ts';
import { refuseState } from './refused-state.ts';
import type { SessionContext } from './session-context.ts';

/** Which job it is: by its name, or else by its statement, its state is found again. */
export interface JobIdentity {
  readonly name: string | null;
  /** Prints the statement: asked for where there is no name. */
  readonly statement: () => string;
}

/** The state of a job's operators, new or as a checkpoint has it. */
export interface JobState {
  readonly checkpoints: CheckpointSettings;
  readonly unreadable: readonly UnreadableCheckpoint[];
  /** Of this job alone, with the state in it. */
  readonly memory: Memory;
  /** What it goes on from; null: it starts anew. */
  readonly from: { readonly path: string; readonly manifest: Manifest } | null;
}

/** The folder of a job among others: its name, as far as a file system takes it, and what tells it from similar ones. */
export function jobFolder({ name, statement }: JobIdentity): string {
  const hash = createHash('sha256')
    .update(name ?? statement())
    .digest('hex')
    .slice(0, 12);
  const readable = (name ?? '').replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60);
  return readable === '' ? `job-${hash}` : `${readable}-${hash}`;
}

/** Where the jobs of a session have their folders. */
export function jobsFolder({ session, streamsFolder }: SessionContext): string {
  return session.settings.get('execution.checkpointing.dir') ?? join(dirname(streamsFolder), 'jobs');
}

/** Where the savepoints of a session have their folders. */
export function savepointsFolder({ session, streamsFolder }: SessionContext): string {
  const path = session.settings.get('execution.checkpointing.savepoint-dir');
  return path === undefined ? join(dirname(streamsFolder), 'savepoints') : localPath(path);
}

/** Whether a job makes checkpoints: the session wants them, and nobody watches the rows. */
export function isTrackedJob({ sinks }: PhysicalGraph, { session, restartsAtCheckpoints }: SessionContext): boolean {
  if (restartsAtCheckpoints) return true;
  // What is shown to who asks goes on with nobody: a restart would show it again.
  const isKept = sinks.every(({ table }) => table !== null);
  return isKept && session.settings.durationMs('execution.checkpointing.interval') > 0;
}

/**
 * Before a job is made: the state of its folder is put aside where the session wants it to start anew, or from a savepoint
 * that this state has not come from. Tells where it was put; null: it stays.
 * @throws DiagnosticError F021 where the job runs, or there is no such savepoint
 */
export async function settleFolder(identity: JobIdentity, context: SessionContext): Promise<string | null> {
  const folder = checkpointFolder(identity, context);
  const { files } = context.stateEnvironment;
  const savepoint = savepointOf(context, folder.path);
  if (savepoint === null && !context.startsAnew) return null;
  if (savepoint !== null && ownBeginning(files, folder.path) === savepoint.id) return null;
  try {
    return await folder.putAside(savepoint?.folder ?? null);
  } catch (error) {
    if (!(error instanceof StreamError))
      throw checkpointFailure(error, 'the state of the job could not be put aside', folder.path);
    return fail('F021', null, error.message, { help: runsElsewhere });
  }
}

/**
 * The state of a job that makes checkpoints, from the newest that its folder has, or from a savepoint.
 * @throws DiagnosticError F021 where the query has changed in what that state hangs on, or the state cannot be read
 */
export function jobState(
  graph: PhysicalGraph,
  identity: JobIdentity & { readonly script: () => JobScript },
  context: SessionContext,
): JobState {
  const { settings } = context.session;
  const folder = checkpointFolder(identity, context);
  const { memory, manifest, unreadable, from } = loaded(folder, context);
  const claimed = manifest === null ? new Map<string, SavedNode>() : claims(graph, manifest);
  if (manifest !== null && !settings.boolean('execution.state-recovery.ignore-unclaimed-state')) {
    refuseUnclaimed(graph, manifest, claimed);
    refuseUnshown(graph, manifest, from === null && folder.wasKilled);
  }
  const origins = lineages(graph);
  const operators = new Map(
    graph.operators.map((node) => [
      node.id,
      {
        state: OperatorState.of(memory, claimed.get(node.id)?.state ?? null),
        fingerprint: fingerprint(node),
        lineage: origins.get(node.id)!,
      },
    ]),
  );
  return {
    checkpoints: {
      folder,
      intervalMs: settings.durationMs('execution.checkpointing.interval'),
      minPauseMs: settings.durationMs('execution.checkpointing.min-pause'),
      failuresMax: settings.int('execution.checkpointing.tolerable-failed-checkpoints'),
      restored: manifest === null ? null : asOf(graph, manifest, claimed),
      began: from?.id ?? manifest?.began ?? null,
      script: { ...identity.script(), folder: basename(folder.path) },
      operators,
      stopsAtEach: context.restartsAtCheckpoints,
    },
    unreadable,
    memory,
    from: manifest === null ? null : { path: from?.folder ?? folder.path, manifest },
  };
}

/** What a job may have of the machine's memory, in bytes. */
export function memoryBudget(settings: Settings): number {
  return settings.givenMemoryBytes(memorySetting) ?? machineMemoryBytes();
}

/** Of one job alone, as the pages of a snapshot are. */
function newMemory(settings: Settings): Memory {
  const memory = Memory.create({ isTracked: true });
  memory.limit(memoryBudget(settings));
  return memory;
}

/** The folder of a job's checkpoints. */
export function stateFolder(identity: JobIdentity, context: SessionContext): string {
  return join(jobsFolder(context), context.resumedFolder ?? jobFolder(identity));
}

/** The checkpoints of a job. */
export function checkpointFolder(identity: JobIdentity, context: SessionContext): CheckpointFolder {
  const retainedMax = context.session.settings.int('execution.checkpointing.num-retained');
  return new CheckpointFolder(context.stateEnvironment, stateFolder(identity, context), retainedMax);
}

/** @throws DiagnosticError F021 where there is state, and none of it can be gone on from; F023 where it is larger than the memory may be */
function loaded(
  folder: CheckpointFolder,
  context: SessionContext,
): LoadedCheckpoint & { readonly from: FoundCheckpoint | null } {
  const { files } = context.stateEnvironment;
  const savepoint = savepointOf(context, folder.path);
  const { settings } = context.session;
  try {
    if (savepoint !== null && ownBeginning(files, folder.path) !== savepoint.id) {
      const memory = newMemory(settings);
      loadCheckpoint(files, savepoint, memory);
      return { memory, manifest: savepoint.manifest, unreadable: [], from: savepoint };
    }
    const found = folder.load(() => newMemory(settings));
    const [newest] = found.unreadable;
    if (found.manifest === null && newest !== undefined)
      fail('F021', null, `no checkpoint in "${folder.path}" can be used: of "${newest.name}" ${newest.reason}`, {
        help: 'bring its files back; or start anew: tidemark run --fresh; or from a savepoint: tidemark run --from PATH',
      });
    return { ...found, from: null };
  } catch (error) {
    return refuseState(error, savepoint?.folder ?? folder.path, settings);
  }
}

/** Of what the job's own state once began from; null: from nothing, or there is none. */
function ownBeginning(files: StreamFiles, path: string): string | null {
  try {
    return findCheckpoint(files, path)?.manifest.began ?? null;
  } catch (error) {
    if (error instanceof DamagedManifest || error instanceof OtherRelease) return null;
    throw error;
  }
}

/** What `execution.state-recovery.path` names; null: nothing, or the job's own newest. @throws DiagnosticError F021 */
function savepointOf({ session, stateEnvironment }: SessionContext, ownPath: string): FoundCheckpoint | null {
  const path = session.settings.get('execution.state-recovery.path') ?? '';
  if (path === '') return null;
  try {
    const found = findCheckpoint(stateEnvironment.files, localPath(path));
    if (found !== null && resolve(found.folder) !== resolve(ownPath)) return found;
    if (found !== null && found.manifest.epoch === epochsIn(stateEnvironment.files, ownPath).at(-1)) return null;
    if (found !== null)
      fail('F021', null, `"${path}" is one of the job's own checkpoints, and not its newest`, {
        help: 'copy its folder, and begin from the copy',
      });
  } catch (error) {
    return refuseState(error, path, session.settings);
  }
  return fail('F021', null, `there is no savepoint or checkpoint in "${path}"`, {
    help: "'execution.state-recovery.path' is the folder that tidemark jobs stop --savepoint has told of",
  });
}

/** An operator whose state is laid out otherwise than a checkpoint has it. @throws DiagnosticError F021 */
export function takingOver<T>({ id, span }: PhysicalOperator, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof StateMismatch)) throw error;
    return fail('F021', span, `the checkpoint has other state of "${id}": ${error.message}`, { help: waysOn });
  }
}

function localPath(path: string): string {
  return path.startsWith('file:') ? fileURLToPath(path) : path;
}
