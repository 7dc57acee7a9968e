import type { Settings } from '../catalog/settings.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { MemoryExhausted } from '../memory/memory.ts';
import { memorySetting } from '../runtime/memory-failure.ts';
import { DamagedManifest, OtherRelease } from '../state/manifest.ts';
import { DamagedPages } from '../state/page-reader.ts';
import { StateConflict } from '../state/state-pages.ts';

const replay = 'replay from the start: tidemark run --fresh';

/** What is wrong with the state in a folder, told with the ways on. @throws DiagnosticError F021, or F023 where it is too large */
export function refuseState(error: unknown, path: string, settings: Settings): never {
  if (error instanceof OtherRelease) {
    fail('F021', null, `the checkpoint in "${path}" is of another release: ${error.message}`, {
      help: `run it with tidemark ${error.release}; or ${replay}`,
    });
  }
  if (error instanceof StateConflict) {
    fail('F021', null, `the checkpoint in "${path}" cannot be loaded: ${error.message}`, {
      help: `run it with the release that has made it; or ${replay}`,
    });
  }
  if (error instanceof DamagedManifest || error instanceof DamagedPages) {
    fail('F021', null, `the checkpoint in "${path}" cannot be used: ${error.message}`, {
      help: 'bring its files back, or take another',
    });
  }
  if (error instanceof MemoryExhausted) {
    const budget = settings.get(memorySetting) ?? 'three quarters of the memory of this machine';
    fail('F023', null, `the state of the job's checkpoint needs more memory than it may have: ${budget}`, {
      help: `SET '${memorySetting}' to more, at most 4 gb`,
    });
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  fail('F021', null, isForbidden ? `no permission to read "${path}"` : `could not read "${path}": ${message}`);
}
