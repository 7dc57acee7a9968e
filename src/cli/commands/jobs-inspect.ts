import type { SavedValue } from '../../memory/operator-state.ts';
import { savedSource } from '../../runtime/source-run.ts';
import type { Manifest } from '../../state/manifest.ts';
import { type CheckedFile, checkFiles, type StoredJob } from '../../state/stored-jobs.ts';
import { machine } from '../../streams/machine.ts';
import { exitCode } from '../exit-codes.ts';
import { ageText, bytesText } from '../quantities.ts';
import { count, timeText, whole } from '../summary-line.ts';
import type { Terminal } from '../terminal.ts';
import { textColumns } from '../text-columns.ts';
import { eventsOf, type JobsOptions, jobNamed, rowsOf, shortNames, stateText } from './jobs.ts';

/** `tidemark jobs inspect`: exits with 1 where a file is damaged. */
export function inspect(
  name: string,
  { dir, json }: JobsOptions & { readonly json?: boolean },
  out: Terminal,
  err: Terminal,
): number {
  const job = jobNamed(name, dir);
  if (typeof job === 'string') {
    err.write(job);
    return exitCode.failed;
  }
  const files = checkFiles(machine, job);
  if (json === true) out.write(`${JSON.stringify(jsonOf(job, files), null, 2)}\n`);
  else out.write(`${inspectText(job, files, out)}\n`);
  return files.some(({ damage }) => damage !== null) || job.unreadable.length > 0 ? exitCode.failed : exitCode.ok;
}

function inspectText(job: StoredJob, files: readonly CheckedFile[], { colors }: Terminal): string {
  const { bold, dim } = colors;
  const { manifest, unreadable } = job;
  const table = (
    head: readonly string[],
    rows: readonly (readonly string[])[],
    isRight: readonly string[],
  ): string[] => {
    const [first = '', ...lines] = textColumns(head, rows, isRight);
    return [`  ${dim(first)}`, ...lines.map((line) => `  ${line}`)];
  };
  const lines = [`${bold(job.name)}   ${stateText(job)}   ${job.path}`];
  for (const each of unreadable) lines.push(`${each.name} cannot be used: ${each.reason}`);
  if (manifest === null) lines.push('no checkpoint is there to go on from');
  else {
    const { epoch, atMs, release } = manifest;
    const [bytes, rows] = [stateBytes(manifest), rowsOf(manifest)];
    lines.push(
      `checkpoint ${epoch}   ${timeText(atMs)} (${ageText(machine.clock.nowMs() - atMs)} ago) by tidemark ${release}`,
      `${count(eventsOf(manifest), 'event')} in   state ${count(rows, 'row')}, ${bytesText(bytes)}`,
      '',
      ...shortNames(manifest.job.statement).trimEnd().split('\n'),
      '',
      bold('operators'),
      ...table(
        ['operator', 'rows', 'size', 'keeps'],
        Object.entries(manifest.operators).map(([id, { size, state }]) => [
          id,
          whole(size.rows),
          bytesText(size.bytes),
          Object.keys(state.places)
            .filter((place) => !place.endsWith('cells'))
            .join(', ') || '-',
        ]),
        ['rows', 'size'],
      ),
      '',
      bold('sources'),
      ...table(['source', 'shard', 'rows read', 'goes on at', 'watermark'], sourceRows(manifest), ['rows read']),
      '',
      bold('sinks'),
      ...table(
        ['sink', 'table', 'prepared'],
        sinkIds(manifest).map((id) => [id, tableText(manifest, id), preparedText(manifest.sinks[id] ?? null)]),
        [],
      ),
    );
  }
  lines.push(
    '',
    bold('files'),
    ...table(
      ['file', 'size', 'checksum'],
      files.map(({ name, bytes, damage }) => [name, bytesText(bytes), damage ?? 'right']),
      ['size'],
    ),
  );
  return lines.join('\n');
}

function stateBytes({ operators }: Manifest): number {
  return Object.values(operators).reduce((sum, { size }) => sum + size.bytes, 0);
}

function sourceRows(manifest: Manifest): string[][] {
  return Object.entries(manifest.sources).flatMap(([id, saved]) => {
    const table = tableText(manifest, id);
    return savedSource(saved).shards.map((shard) => [
      table,
      shard.name,
      whole(shard.rows),
      shard.hasEnded ? 'its end' : positionText(table, shard.position, shard.skip),
      Number.isFinite(shard.watermarkMs) ? timeText(shard.watermarkMs) : '-',
    ]);
  });
}

function tableText({ job }: Manifest, id: string): string {
  const table = job.tables[id];
  return table === undefined ? id : `${table.path.split('.').at(-1)} (${table.connector})`;
}

/** A byte of a file, a record of a shard; rows of a record that have gone on already. */
function positionText(table: string, position: SavedValue, skip: number): string {
  if (typeof position !== 'number') return position === null ? 'its start' : JSON.stringify(position);
  const unit = table.endsWith('(filesystem)') ? 'byte' : 'record';
  return `${unit} ${whole(position)}${skip > 0 ? ` and ${count(skip, 'row')}` : ''}`;
}

function sinkIds({ sinks, sources, job }: Manifest): string[] {
  const others = Object.keys(job.tables).filter((id) => id.startsWith('sink') && sources[id] === undefined);
  return [...new Set([...others, ...Object.keys(sinks)])];
}

/** What a sink has put into the checkpoint: lists by their lengths. */
function preparedText(token: SavedValue): string {
  if (token === null) return 'nothing: its rows are seen at once';
  if (typeof token !== 'object') return String(token);
  const parts = Object.entries(token).map(([name, value]) => {
    if (Array.isArray(value)) return `${name} ${value.length}`;
    return `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  });
  return parts.join(', ');
}

function jsonOf(job: StoredJob, files: readonly CheckedFile[]): object {
  const { name, folder, path, owner, manifest, unreadable } = job;
  const known =
    manifest === null
      ? null
      : {
          epoch: manifest.epoch,
          madeAt: new Date(manifest.atMs).toISOString(),
          release: manifest.release,
          events: eventsOf(manifest),
          statement: manifest.job.statement,
          settings: manifest.job.settings,
          operators: Object.fromEntries(
            Object.entries(manifest.operators).map(([id, { size, state }]) => [
              id,
              {
                ...size,
                structures: Object.fromEntries(Object.entries(state.places).map(([at, { layout }]) => [at, layout])),
              },
            ]),
          ),
          sources: Object.entries(manifest.sources).map(([id, saved]) => ({
            id,
            table: manifest.job.tables[id] ?? null,
            shards: savedSource(saved).shards.map(({ name: shard, rows, position, skip, watermarkMs, hasEnded }) => ({
              shard,
              rows,
              position,
              skip,
              watermark: Number.isFinite(watermarkMs) ? new Date(watermarkMs).toISOString() : null,
              hasEnded,
            })),
          })),
          sinks: sinkIds(manifest).map((id) => ({
            id,
            table: manifest.job.tables[id] ?? null,
            prepared: manifest.sinks[id] ?? null,
          })),
        };
  const state = stateText(job).replace(/ .*/, '');
  return { name, folder, path, state, pid: owner?.pid ?? null, checkpoint: known, unreadable, files };
}
