#!/usr/bin/env node
// The `tidemark` command. Plain JavaScript that an old Node can run: it finds a Node new enough and hands over.
// From a clone without a bundle it runs the sources, whose types Node strips.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Node that runs the engine: the first that strips types and has all that it uses. */
const oldest = { major: 22, minor: 18 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) {
  module.enableCompileCache?.();
  const bundle = new URL('../../dist/cli.js', import.meta.url);
  await import(existsSync(bundle) ? bundle.href : new URL('./main.ts', import.meta.url).href);
} else {
  const newer = findNode();
  if (newer === undefined) {
    console.error(`tidemark needs Node.js ${oldest.major}.${oldest.minor} or newer, and this is ${process.version}`);
    process.exit(1);
  }
  const child = spawn(newer, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to both; the child decides how to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

/** The Node that the project's own workspace installed, if this platform has one. */
function findNode() {
  const require = createRequire(import.meta.url);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const folder = dirname(require.resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
