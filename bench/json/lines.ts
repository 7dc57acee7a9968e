import { linesFile } from '../made-once.ts';

/**
 * Page views of about 190 bytes: 1,000 users, an event each 10 ms from 2024-01-01 on. Made only where they are not there
 * yet. Gives the path.
 */
export function pageViews(lines: number): string {
  return linesFile(`page-views-${lines}.json`, lines, pageView);
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
