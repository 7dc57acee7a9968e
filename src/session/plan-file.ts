import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Text } from '../sql/ast.ts';

/** A plan as COMPILE PLAN writes it: what was asked, of which tables, under which settings, and what it came to. */
export interface PlanFile {
  readonly tidemark: 'plan';
  readonly version: 1;
  /** The INSERT or the statement set, with the full paths of tables. */
  readonly statement: string;
  /** CREATE statements of the tables and views that it names, those first that others read; by path. */
  readonly objects: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Of the graph of operators: an engine that plans otherwise does not execute it. */
  readonly fingerprint: string;
}

export function planFileExists(path: Text): boolean {
  return existsSync(pathOf(path));
}

/** @throws DiagnosticError F014 */
export function writePlanFile(path: Text, plan: PlanFile): void {
  const file = pathOf(path);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (error) {
    fail('F014', path.span, `could not write the plan to "${path.value}": ${(error as Error).message}`);
  }
}

/** Another for a file that an engine of before could not read, or of later cannot. */
const version = 1;

/** @throws DiagnosticError F013 for a file that is not there, B051 for one that is no plan, or of another version */
export function readPlanFile(path: Text): PlanFile {
  let text: string;
  try {
    text = readFileSync(pathOf(path), 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'there is no such file' : (error as Error).message;
    return fail('F013', path.span, `could not read the plan "${path.value}": ${reason}`, {
      help: isMissing ? 'COMPILE PLAN writes one' : undefined,
    });
  }
  const plan = parsed(text);
  if (isPlan(plan)) return plan;
  return fail('B051', path.span, `"${path.value}" ${otherKind(plan)}`, {
    help: 'COMPILE PLAN again, here and from the same statement',
  });
}

/** What a file is that is no plan of this version. */
function otherKind(value: unknown): string {
  const other = isObject(value) ? value : {};
  if ('flinkVersion' in other)
    return `is a plan of Flink ${String(other.flinkVersion)}: its operators are not those of Tidemark`;
  if (other.tidemark !== 'plan') return 'is no plan';
  if (other.version === version) return 'is a plan that lacks a part: it was changed by hand, or cut';
  return `is a plan of version ${String(other.version)}, and this Tidemark reads version ${version}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function isPlan(value: unknown): value is PlanFile {
  return (
    isObject(value) &&
    value.tidemark === 'plan' &&
    value.version === version &&
    typeof value.statement === 'string' &&
    typeof value.fingerprint === 'string' &&
    isTexts(value.objects) &&
    isTexts(value.settings)
  );
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}

function pathOf({ value }: Text): string {
  return value.startsWith('file:') ? fileURLToPath(value) : value;
}
