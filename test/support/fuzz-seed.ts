import fc from 'fast-check';

/** Properties try the same inputs in every run, so that a change is judged by itself; a hunt begins elsewhere. */
fc.configureGlobal({ seed: Number(process.env.TIDEMARK_FUZZ_SEED ?? 1) });
