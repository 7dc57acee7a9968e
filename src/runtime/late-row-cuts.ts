import type { PhysicalGraph, PhysicalOperator, Step } from '../physical/graph.ts';
import { inputsOf } from '../physical/inputs.ts';
import { dropsLateRows } from '../physical/late-rows.ts';
import { stepsFrom } from '../physical/steps-from.ts';
import { seesWatermark } from '../physical/watermark-readers.ts';
import type { WindowKind } from '../plan/logical.ts';

/**
 * Where batches of a source must be cut, so that lateness is the same for every size of batch.
 *
 * A row is late when its window has been sent before it comes. So before a row that is behind the watermark, time must
 * really have come to that watermark: the rows before it go on as a batch of their own, and the shards that are further
 * behind are read first. Rows that are not behind it cannot tell.
 */
export interface LateRowCuts {
  /** The operator steps up to and with the watermark. */
  readonly steps: readonly Step[];
  /** Windows end at multiples of this only: a row and a watermark between two of them need no cut. */
  readonly boundaryMs: number;
  /** The query sees the watermark itself (CURRENT_WATERMARK): every row is a place to cut. */
  readonly every: boolean;
  /** With one shard alone no cut is needed: the operators tell late rows by their marks. */
  readonly marksSuffice: boolean;
}

/** Null where no watermark is computed over the source. */
export function lateRowCuts(graph: PhysicalGraph, sourceId: string): LateRowCuts | null {
  const reached = new Set([sourceId]);
  const behind: PhysicalOperator[] = [];
  for (const operator of graph.operators) {
    if (!operator.inputs.some((input) => reached.has(input))) continue;
    reached.add(operator.id);
    behind.push(operator);
  }
  const ways = behind.flatMap((operator) => stepsFrom(operator, sourceId));
  const first = ways.find((steps) => steps.some(({ kind }) => kind === 'watermark'));
  if (first === undefined) return null;
  const at = first.findIndex(({ kind }) => kind === 'watermark');
  const boundaries = behind.flatMap(boundariesOf);
  return {
    steps: first.slice(0, at + 1),
    boundaryMs: boundaries.reduce(greatestCommonDivisor, 0) || 1,
    every: behind.some(seesWatermark),
    marksSuffice:
      behind.every(marksTellLateRows) && behind.every(({ inputs }) => inputs.length < 2) && !losesMarks(behind),
  };
}

/** The times at which it shows whether the watermark has come there are multiples of these. */
function boundariesOf(operator: PhysicalOperator): readonly number[] {
  const { work } = operator;
  const windows = windowsOf(operator).map(boundaryOf);
  if (work.kind === 'window-aggregate' && work.emit !== null) windows.push(work.emit.latenessMs);
  if (work.kind === 'join' && (work.method.kind === 'interval' || work.method.kind === 'temporal')) return [1];
  const isByTime = ['over', 'sort', 'deduplicate', 'match'].includes(work.kind);
  return isByTime && dropsLateRows(work) && windows.length === 0 ? [1] : windows;
}

/** Whether it is enough to know the watermark before a row, with no need that what is due by it has been sent. */
function marksTellLateRows(operator: PhysicalOperator): boolean {
  const { work } = operator;
  // What is due at a window's end is sent before a row that is late for it.
  if (work.kind === 'window-aggregate' && work.emit !== null && work.emit.latenessMs > 0) return false;
  // A bounded frame and a sort ask what was sent.
  if (work.kind === 'sort') return work.time === 'processing';
  if (work.kind === 'over' && work.time === 'event')
    return (work.frame.unit === 'rows' ? work.frame.precedingRows : work.frame.precedingMs) === null;
  return windowsOf(operator).every(({ kind }) => kind === 'tumble');
}

/** Whether rows come to an operator that tells late ones by way of another, which hands them on at once and without marks. */
function losesMarks(behind: readonly PhysicalOperator[]): boolean {
  const passing = new Set<string>();
  for (const operator of behind) {
    const comesBehind = operator.inputs.some((input) => passing.has(input));
    if (comesBehind && boundariesOf(operator).length > 0) return true;
    if (comesBehind || handsOnAtOnce(operator)) passing.add(operator.id);
  }
  return false;
}

function handsOnAtOnce({ work }: PhysicalOperator): boolean {
  switch (work.kind) {
    case 'deduplicate':
    case 'over':
    case 'match':
      return work.time === 'processing';
    default:
      return work.kind === 'limit';
  }
}

function windowsOf(operator: PhysicalOperator): readonly WindowKind[] {
  const { work } = operator;
  const all = inputsOf(operator).flatMap(({ steps }) => steps);
  const windows = all.flatMap((step) => (step.kind === 'window' ? [step.window] : []));
  if ('window' in work && work.window !== null) windows.push(work.window.window);
  if (work.kind === 'join' && work.method.kind === 'window') windows.push(work.method.window);
  return windows;
}

/** Zones are multiples of a quarter of an hour off UTC, as far as windows are cut by their clocks. */
const quarterMs = 900_000;

function boundaryOf(window: WindowKind): number {
  switch (window.kind) {
    case 'tumble':
      return [window.sizeMs, window.offsetMs, quarterMs].reduce(greatestCommonDivisor);
    case 'hop':
      return [window.sizeMs, window.slideMs, window.offsetMs, quarterMs].reduce(greatestCommonDivisor);
    case 'cumulate':
      return [window.sizeMs, window.stepMs, window.offsetMs, quarterMs].reduce(greatestCommonDivisor);
    case 'session':
      return 1;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  let [high, low] = [Math.abs(a), Math.abs(b)];
  while (low > 0) [high, low] = [low, high % low];
  return high;
}
