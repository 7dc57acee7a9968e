/** Preloaded into a process: tells what it has used when it ends. */
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { peakMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 };
  process.stderr.write(`usage ${JSON.stringify(usage)}\n`);
});
