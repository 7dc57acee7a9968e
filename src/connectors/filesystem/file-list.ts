import { readdir, stat } from 'node:fs/promises';
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
 * are left out, and so are the folders of such names.
 * @throws DiagnosticError F013 when the path is not there or cannot be read
 */
export async function listFiles({ path, span, pattern }: FileListRequest): Promise<ListedFile[]> {
  const shown = localPath(path);
  const root = resolve(shown);
  const found: ListedFile[] = [];
  const add = async (absolutePath: string, name: string): Promise<void> => {
    if (pattern !== null && !pattern.test(absolutePath)) return;
    const { size, mtimeMs } = await stat(absolutePath);
    const partition = partitionOf(relative(root, absolutePath));
    found.push({ name, absolutePath, sizeBytes: size, modifiedMs: Math.floor(mtimeMs), partition });
  };
  const walk = async (folder: string, name: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
      if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
      const inner = join(folder, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await stat(inner)).isDirectory());
      if (isFolder) await walk(inner, join(name, entry.name));
      else await add(inner, join(name, entry.name));
    }
  };
  try {
    if ((await stat(root)).isDirectory()) await walk(root, shown);
    else await add(root, shown);
  } catch (error) {
    failToRead(error, shown, span);
  }
  return found;
}

/** @throws DiagnosticError always */
export function failToRead(error: unknown, path: string, span: Span | null): never {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT': {
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
