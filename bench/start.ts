import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Bench, median } from './harness.ts';

const rounds = 9;
const bin = fileURLToPath(new URL('../src/cli/launch.js', import.meta.url));

/** `tidemark run -e "SELECT 1"` as a process of its own, against a Node that does nothing. Medians of 9, in turn. */
export const start: Bench = {
  name: 'start',
  title: 'tidemark run -e "SELECT 1" against node -e 0',
  run() {
    const ours = [bin, 'run', '-e', 'SELECT 1', '--format', 'jsonl'];
    const answer = spawn(ours);
    if (!answer.output.includes('1')) throw new Error(`SELECT 1 answered ${answer.output}`);
    const times: number[] = [];
    const nodeTimes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push(spawn(ours).ms);
      nodeTimes.push(spawn(['-e', '0']).ms);
    }
    const [own, node] = [median(times), median(nodeTimes)];
    console.log(`  tidemark ${own.toFixed(0)} ms   node ${node.toFixed(0)} ms   more ${(own - node).toFixed(0)} ms`);
    const result = {
      bench: 'start',
      eventsPerSecond: Number((1000 / own).toFixed(2)),
      peer: 'node -e 0',
      peerEventsPerSecond: Number((1000 / node).toFixed(2)),
      ratio: Number((node / own).toFixed(2)),
      checked: true,
    };
    return Promise.resolve([result]);
  },
};

function spawn(args: readonly string[]): { readonly ms: number; readonly output: string } {
  const from = performance.now();
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - from;
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return { ms, output: stdout };
}
