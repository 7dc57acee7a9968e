import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';

/** A file to be read. */
export interface ListedFile {
  /** As errors call it: under the path that the table gives. */
  readonly name: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Values of `k=v` folders above it, still escaped. */
  readonly partition: ReadonlyMap<string, string>;
}

export interface FileListRequest {
  /** The option `path`: a path or a `file:` URI. */
  readonly path: string;
  readonly span: Span | null;
  readonly pattern: RegExp | null;
}

/** `file:///data/x`, `file:/data/x` and plain paths. */
export function localPath(path: string): string {
  if (!path.startsWith('file:')) return path;
  return path.startsWith('file://') ? fileURLToPath(path) : fileURLToPath(`file://${path.slice('file:'.length)}`);
}

/**
 * The files of a path, in the order of their names. As in Flink, those whose name begins with a dot or an underscore
 * are left out, and so are the folders of such names. A link back to a folder above it is not followed.
 * @throws DiagnosticError F013 when the path, or something in it, is not there, cannot be read or is no file
 */
export async function listFiles({ path, span, pattern }: FileListRequest): Promise<ListedFile[]> {
  if (path.trim() === '') fail('O003', span, 'the path is empty', { help: "name a file or a folder; '.' is this one" });
  const shown = localPath(path);
  const root = resolve(shown);
  const found: ListedFile[] = [];
  const visit = async (absolutePath: string, name: string, above: readonly string[]): Promise<void> => {
    // Between the folder's listing and this, a file may have got another name.
    if (above.length > 0 && (await isGone(absolutePath))) return;
    const stats = await attempt(name, span, () => stat(absolutePath));
    if (stats.isDirectory()) {
      const real = await attempt(name, span, () => realpath(absolutePath));
      if (above.includes(real)) return;
      for (const entry of (await attempt(name, span, () => readdir(absolutePath))).sort(inOrder)) {
        if (entry.startsWith('.') || entry.startsWith('_')) continue;
        await visit(join(absolutePath, entry), join(name, entry), [...above, real]);
      }
      return;
    }
    if (pattern !== null && !pattern.test(absolutePath)) return;
    // A pipe would be waited for, and has no places to come back to.
    if (!stats.isFile()) fail('F013', span, `"${name}" is neither a file nor a folder`);
    const partition = partitionOf(relative(root, absolutePath));
    const modifiedMs = Math.floor(stats.mtimeMs);
    found.push({ name, absolutePath, sizeBytes: stats.size, modifiedMs, partition });
  };
  await visit(root, shown, []);
  return found;
}

async function isGone(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** By code unit, whatever the locale. */
function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function attempt<T>(path: string, span: Span | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return failToRead(error, path, span);
  }
}

/** @throws DiagnosticError always */
export function failToRead(error: unknown, path: string, span: Span | null): never {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const help = isAbsolute(path) ? undefined : `relative paths start at ${process.cwd()}`;
      return fail('F013', span, `there is no file or folder "${path}"`, { help });
    }
    case 'EACCES':
    case 'EPERM':
      return fail('F013', span, `no permission to read "${path}"`);
    default:
      return fail('F013', span, `could not read "${path}": ${(error as Error).message}`);
  }
}

function partitionOf(path: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const part of path.split(sep).slice(0, -1)) {
    const equals = part.indexOf('=');
    if (equals > 0) values.set(unescapePartition(part.slice(0, equals)), unescapePartition(part.slice(equals + 1)));
  }
  return values;
}

/** `a%2Fb`: the characters that a folder's name may not have. */
function unescapePartition(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The file's name without its folders. */
export function fileName({ absolutePath }: ListedFile): string {
  return basename(absolutePath);
}
