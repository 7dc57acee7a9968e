/**
 * `npm start`: makes the embedded stream `clickstream-example` anew, with four shards, puts the hits on it, and runs the
 * queries of this folder over it. The stream stays: the prompt and `tidemark stream` find it in .tidemark/streams.
 */
import { readdirSync } from 'node:fs';
import { defaultStreamsFolder } from '../../src/streams/default-folder.ts';
import { StreamError } from '../../src/streams/stream-error.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { putHits, shardCount, streamName } from './over-stream/put-hits.ts';

const folder = 'queries/clickstream';

if (await fillStream()) {
  const queries = readdirSync(folder).filter((name) => name.endsWith('.sql') && name !== 'setup.sql');
  const scripts = ['setup.sql', 'over-stream/setup.sql', ...queries.sort()].map((name) => `${folder}/${name}`);
  // From here on as if one had typed: npx tidemark run ...
  process.argv.splice(2, process.argv.length, 'run', ...scripts);
  await import(new URL('../../src/cli/launch.js', import.meta.url).href);
  console.error(`
next: npx tidemark                                 the prompt
      npx tidemark run queries/fraud --rows 5      more to run: fraud, leaderboard
      npx tidemark stream describe ${streamName}`);
} else process.exitCode = 1;

async function fillStream(): Promise<boolean> {
  const startMs = performance.now();
  const store = new StreamStore(defaultStreamsFolder);
  try {
    const hits = await putHits(store);
    const elapsed = ((performance.now() - startMs) / 1000).toFixed(2);
    console.error(
      `put ${hits.toLocaleString('en')} hits on the stream ${streamName}, ${shardCount} shards, in ${elapsed} s`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    console.error(`error: ${error.message}${error.help === null ? '' : `\n(${error.help})`}`);
    return false;
  } finally {
    await store.close();
  }
}
