/**
 * `npm run bench -- NAME...`: checks a result, then times it against its peer in the same run. Without a name: all.
 * The last line of each is JSON: {"bench","eventsPerSecond","peer","peerEventsPerSecond","ratio","checked"}.
 */

import { checkpoint } from './checkpoint.ts';
import { functions } from './functions.ts';
import { group } from './group.ts';
import { growth } from './growth.ts';
import type { Bench } from './harness.ts';
import { hop } from './hop.ts';
import { idle } from './idle.ts';
import { join } from './join.ts';
import { json } from './json.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { nexmark } from './nexmark.ts';
import { optimizer } from './optimizer.ts';
import { pattern } from './pattern.ts';
import { start } from './start.ts';
import { log } from './stream.ts';
import { tumble1k, tumble100k, tumbleString } from './tumble.ts';

const benches: readonly Bench[] = [
  tumble1k,
  tumble100k,
  tumbleString,
  hop,
  group,
  growth,
  join,
  functions,
  json,
  optimizer,
  pattern,
  nexmark,
  checkpoint,
  start,
  memory,
  log,
  latency,
  idle,
];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(`no bench "${unknown.join('", "')}"; there are: ${benches.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
for (const bench of benches) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  console.log(`\n${bench.name}: ${bench.title}`);
  for (const result of await bench.run()) console.log(JSON.stringify(result));
}
