import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A set of newline JSON to be decoded: where it is, and what a checksum over it must give. */
export interface LineSet {
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
}

const folder = join(tmpdir(), 'tidemark-bench');

/**
 * Page views of about 190 bytes, made anew only where they are not there yet.
 * 1,000 users, an event each 10 ms from 2024-01-01 on.
 */
export function pageViews(lines: number): LineSet {
  const path = join(folder, `page-views-${lines}.json`);
  let bytes = 0;
  let made: number | null = null;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path)) made = openSync(`${path}.part`, 'w');
  let text = '';
  const flush = (): void => {
    bytes += Buffer.byteLength(text);
    if (made !== null) writeSync(made, text);
    text = '';
  };
  for (let index = 0; index < lines; index++) {
    text += pageView(index);
    if (text.length > 1 << 20) flush();
  }
  flush();
  if (made !== null) {
    closeSync(made);
    renameSync(`${path}.part`, path);
  }
  return { path, lines, bytes };
}

const pages = ['/', '/products', '/products/42', '/cart', '/checkout', '/about/team', '/search?q=tide'];
const startMs = Date.UTC(2024, 0, 1);

function pageView(index: number): string {
  const mixed = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const time = new Date(startMs + index * 10).toISOString().replace('T', ' ').replace('Z', '');
  const user = mixed % 1000;
  const page = pages[mixed % pages.length];
  const bytes = (mixed >>> 8) % 100_000;
  const agent = `Mozilla/5.0 (X11; Linux x86_64) Tide/${mixed % 97}.0`;
  return `{"user_id":${user},"event_time":"${time}","page":"${page}","bytes":${bytes},"status":${mixed % 20 === 0 ? 404 : 200},"session":"s-${mixed.toString(16)}","agent":"${agent}"}\n`;
}
