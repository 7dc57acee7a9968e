/** What a run costs. */
export interface Usage {
  readonly wallMs: number;
  /** Of all threads, user and system. */
  readonly cpuMs: number;
  /** Resident memory at its highest. */
  readonly peakMb: number;
}
