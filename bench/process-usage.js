// Preloaded into a process: tells what it has used when it ends. Plain JavaScript, as Node would strip types at its cost.
import { readFileSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write(`usage ${JSON.stringify({ peakMb: peakMb(), cpuMs: (userCPUTime + systemCPUTime) / 1000 })}\n`);
});

/** Linux counts what the parent held at the fork in `maxRSS`, but not in the peak of the address space. */
function peakMb() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s*(\d+) kB$/m)?.[1]) / 1024;
}
