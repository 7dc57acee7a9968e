/** `npm run nexmark -- --events 1000000`: writes the auction site's events for the queries in this folder. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeNexmarkFiles } from './generator/write-files.ts';

const usage = `usage: npm run nexmark -- [--events N] [--rate N] [--shards N] [--out FOLDER]
  --events N    events; 50 in a row are a person, three auctions and 46 bids (default 1000000)
  --rate N      events in a second of event time (default 10000)
  --shards N    files, each a shard; an event goes by the id of its person or auction (default 4)
  --out FOLDER  where events/ and side-input.csv are written (default queries/nexmark/data)

Then: npx tidemark run queries/nexmark/setup.sql queries/nexmark/q5.sql`;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '10000' },
    shards: { type: 'string', default: '4' },
    out: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

function whole(name: 'events' | 'rate' | 'shards'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} needs a whole number above 0, and this is "${values[name]}"\n\n${usage}`);
  process.exit(2);
}

const events = whole('events');
const isTerminal = process.stderr.isTTY;
const startMs = performance.now();
const { bytes, sha256 } = writeNexmarkFiles({
  folder: values.out,
  events,
  rate: whole('rate'),
  shards: whole('shards'),
  onProgress: (done) => {
    if (isTerminal) process.stderr.write(`\r${Math.floor((done / events) * 100)} %`);
  },
});
if (isTerminal) process.stderr.write('\r');
const seconds = (performance.now() - startMs) / 1000;
console.log(
  `${events.toLocaleString('en')} events   ${(bytes / 1e6).toFixed(1)} MB   ${seconds.toFixed(1)} s   ${values.out}`,
);
console.log(`sha256 ${sha256}`);
