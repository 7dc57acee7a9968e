import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Settings } from '../catalog/settings.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { machineMemoryBytes } from '../memory/machine-memory.ts';
import { Memory, MemoryExhausted } from '../memory/memory.ts';
import { OperatorState, type SavedOperator, StateMismatch } from '../memory/operator-state.ts';
import { fingerprint } from '../physical/fingerprint.ts';
import type { PhysicalGraph, PhysicalOperator } from '../physical/graph.ts';
import type { CheckpointSettings } from '../runtime/checkpoints.ts';
import { memorySetting } from '../runtime/memory-failure.ts';
import { CheckpointFolder, type UnreadableCheckpoint } from '../state/checkpoint-folder.ts';
import type { JobScript, Manifest, SavedNode } from '../state/manifest.ts';
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

/** Whether a job makes checkpoints: the session wants them, and nobody watches the rows. */
export function isTrackedJob({ sinks }: PhysicalGraph, { session, restartsAtCheckpoints }: SessionContext): boolean {
  if (restartsAtCheckpoints) return true;
  // What is shown to who asks goes on with nobody: a restart would show it again.
  const isKept = sinks.every(({ table }) => table !== null);
  return isKept && session.settings.durationMs('execution.checkpointing.interval') > 0;
}

/**
 * The state of a job that makes checkpoints, from the newest that its folder has.
 * @throws DiagnosticError F021 where the query has changed in what that state hangs on
 */
export function jobState(
  graph: PhysicalGraph,
  identity: JobIdentity & { readonly script: () => JobScript },
  context: SessionContext,
): JobState {
  const { settings } = context.session;
  const path = join(jobsFolder(context), jobFolder(identity));
  const folder = new CheckpointFolder(
    context.stateEnvironment,
    path,
    settings.int('execution.checkpointing.num-retained'),
  );
  const { memory, manifest, unreadable } = loaded(settings, path, () => folder.load(() => newMemory(settings)));
  const claimed = manifest === null ? new Map<string, SavedNode>() : claims(graph, manifest);
  if (manifest !== null && !settings.boolean('execution.state-recovery.ignore-unclaimed-state'))
    refuseUnclaimed(graph, manifest, claimed);
  const operators = new Map(
    graph.operators.map((node) => [
      node.id,
      { state: OperatorState.of(memory, claimed.get(node.id)?.state ?? null), fingerprint: fingerprint(node) },
    ]),
  );
  const intervalMs = settings.durationMs('execution.checkpointing.interval');
  return {
    checkpoints: {
      folder,
      intervalMs,
      minPauseMs: settings.durationMs('execution.checkpointing.min-pause'),
      failuresMax: settings.int('execution.checkpointing.tolerable-failed-checkpoints'),
      restored: manifest === null ? null : asOf(graph, manifest, claimed),
      script: identity.script(),
      operators,
      stopsAtEach: context.restartsAtCheckpoints,
    },
    unreadable,
    memory,
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

/** @throws DiagnosticError F023 where the state of a checkpoint is larger than the memory may be, F021 where it cannot be read */
function loaded<T>(settings: Settings, path: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (error instanceof MemoryExhausted) {
      const budget = settings.get(memorySetting) ?? 'three quarters of the memory of this machine';
      fail('F023', null, `the state of the job's checkpoint needs more memory than it may have: ${budget}`, {
        help: `SET '${memorySetting}' to more, at most 4 gb`,
      });
    }
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    return fail('F021', null, isForbidden ? `no permission to read "${path}"` : `could not read "${path}": ${message}`);
  }
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

const waysOn =
  "go back to the query as it was; or SET 'execution.state-recovery.ignore-unclaimed-state' = 'true' to go on " +
  'without that state; or give the job another name, to start anew';

/** Which saved operator each of the graph goes on from: of the same work, best of the same id. */
function claims({ operators }: PhysicalGraph, manifest: Manifest): Map<string, SavedNode> {
  const free = new Map(Object.entries(manifest.operators));
  const claimed = new Map<string, SavedNode>();
  const claim = (id: string, saved: string): void => {
    const node = free.get(saved);
    if (node !== undefined) claimed.set(id, node);
    free.delete(saved);
  };
  const wanted = operators.map((node) => ({ id: node.id, fingerprint: fingerprint(node) }));
  for (const node of wanted) if (free.get(node.id)?.fingerprint === node.fingerprint) claim(node.id, node.id);
  for (const node of wanted) {
    if (claimed.has(node.id)) continue;
    const found = [...free].find(([, saved]) => saved.fingerprint === node.fingerprint);
    if (found !== undefined) claim(node.id, found[0]);
  }
  return claimed;
}

function refuseUnclaimed(
  { operators }: PhysicalGraph,
  manifest: Manifest,
  claimed: ReadonlyMap<string, SavedNode>,
): void {
  const taken = new Set(claimed.values());
  const lost = Object.entries(manifest.operators).filter(([, node]) => !taken.has(node) && hasState(node.state));
  const [first] = lost;
  if (first === undefined) return;
  const [id, { fingerprint: saved }] = first;
  const now = operators.find((node) => node.id === id);
  fail('F021', now?.span ?? null, `the checkpoint has state of "${id}", which the query no longer has as it was`, {
    notes: [
      { message: `it was ${saved}`, span: null },
      ...(now === undefined ? [] : [{ message: `now it is ${fingerprint(now)}`, span: null }]),
    ],
    help: waysOn,
  });
}

/** Structures beside the cells that every operator has. */
function hasState({ places }: SavedOperator): boolean {
  return Object.keys(places).some((name) => name !== 'cells');
}

/** The checkpoint in the words of the present graph: its ids. */
function asOf(graph: PhysicalGraph, manifest: Manifest, claimed: ReadonlyMap<string, SavedNode>): Manifest {
  return { ...manifest, operators: Object.fromEntries(claimed), sources: sourcesOf(graph, manifest) };
}

function sourcesOf({ sources }: PhysicalGraph, { sources: saved }: Manifest): Manifest['sources'] {
  return Object.fromEntries(sources.flatMap(({ id }) => (saved[id] === undefined ? [] : [[id, saved[id]]])));
}
