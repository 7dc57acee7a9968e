/** What a run did that must not happen. */
export class Wrong extends Error {}
