/** What the process ends with. */
export const exitCode = {
  ok: 0,
  /** A statement was refused or failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** Stopped by a supervisor: 128 + SIGTERM. */
  terminated: 143,
} as const;
