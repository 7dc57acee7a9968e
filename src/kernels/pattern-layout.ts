/**
 * The runs of an automaton over the rows of many partitions: a run is a state and the rows that it took. Emitted code
 * tells which conditions hold for a row; what follows from it is in `patterns.ts`.
 *
 * Rows wait in the order of time until the watermark has passed them: in a queue where they come in that order, else in
 * an ordered map beside it. A row that a run takes becomes a node, which leads back to the one before: runs that part
 * share what they have in common. Rows and nodes are counted, and go with the last run that needs them.
 *
 * The runs of a partition stand in a heap by the row that they started at, in the very order of Apache Flink's (Java's
 * PriorityQueue), because of two matches that start and end alike the one that it happens upon first wins. A run without
 * rows stands for the next start; its order is behind all others. A match that is complete waits until no run that
 * started before it is left.
 *
 * Where matches begun go on together (see plan/pattern-sharing.ts) there is a group a state instead, of all whose last
 * row has brought them there. A row becomes one link of a group, however many matches take it; links lead onward, so
 * that each start leads to all rows of its match, and a match that ends takes with it what no other leads to. A group's
 * starts are a list in their order. What stands where for runs is then of groups; they are in no order.
 *
 * ```
 * A+ B       rows    a1      a2      a3
 *            links   A1 ---> A2 ---> A3          the group's last is A3
 *            starts  1 -> A1     2 -> A2     3 -> A3
 * ```
 *
 * ```
 * matcher   +0 waiting        ordered map of rows that came behind later ones
 *           +4 states         of the automaton
 *           +8 start          its first state
 *          +12 variables      how many
 *          +16 skip           0 to the next row, 1 past the last, 2 to the first row of a variable, 3 to its last
 *          +20 skipVariable
 *          +24 withinMs       i64, 0: any time
 *          +32 sequence       i64, rows taken up so far
 *          +40 deadline       i64, of the run that `patternTimeout` found
 *          +48 candidates     a u32 a variable: the node of the row at hand under that variable, 0 for none
 *          +52 slot           where the partition at hand keeps its block
 *          +56 hasStarted     whether the row at hand began a run
 *          +60 failure        0 none, 1 no row to skip to, 2 a skip to the match's own start, 3 too many runs
 *          +64 before  +76 runs  +88 found  +100 done  +112 path     lists: address, count, capacity
 *         +124 timeouts, +140 queue           rings: address, head, count, capacity; deadlines and rows by time
 *         +156 row, +160 block, +164 moved    what is in hand: the row, the partition's block (which its slot has not
 *                                             then), and how many of `before` have moved
 *         +168 arrivals         i64, rows that ever came
 *         +176                  unused
 *         +188 groups           whether matches begun go on together
 *         +192 complete         list of the starts whose matches are complete but wait: its first and its last
 *         +200 sent             the start whose match is in hand
 * run       u32 node, u32 state, i64 start (sequence of its first row; the greatest i64 for the run without rows)
 * group     u32 first start, u32 state, u32 last link, u32 last start
 * block     u32 runs, u32 done, u32 capacity, u32 unused, then the runs and the matches that are complete but wait;
 *           of groups u32 groups, u32 complete, u32 capacity, u32 the last of complete, then the groups
 * node      u32 references, u32 previous, u32 row, u32 variable, u32 first row, u32 unused, then the owner's
 * link      u32 references (links and starts that lead to it, and the group whose last it is), u32 next, u32 row,
 *           u32 variable
 * start     u32 link, u32 next start, u32 row
 * row       u32 references, u32 partition, i64 time, i64 sequence (of its arrival while it waits), then the owner's
 * state     u64 asked, u64 guards, u32 takes, u32 count       variables whose conditions a row is asked for; those that
 *                                                            only stand in the way of another
 * take      u32 variable, u32 target (-1: the end), u64 guards, u64 completeUnless, u32 mayComplete, u32 unused
 * timeout   i64 deadline, u32 partition, u32 unused
 * ```
 */
export const statesAt = 4;
export const startAt = 8;
export const variablesAt = 12;
export const skipAt = 16;
export const skipVariableAt = 20;
export const withinAt = 24;
export const sequenceAt = 32;
export const deadlineAt = 40;
export const candidatesAt = 48;
export const slotAt = 52;
export const hasStartedAt = 56;
export const failureAt = 60;
export const beforeAt: u32 = 64;
export const runsAt: u32 = 76;
export const foundAt: u32 = 88;
export const doneAt: u32 = 100;
export const pathAt: u32 = 112;
export const timeoutsAt: u32 = 124;
export const queueAt: u32 = 140;
export const inHandAt = 156;
export const blockAt = 160;
export const movedAt = 164;
export const arrivalsAt = 168;
export const heldBytesAt = 180;
export const heldRowsAt = 184;
export const groupsAt = 188;
export const completeAt = 192;
export const completeEndAt = 196;
export const sentAt = 200;
export const matcherBytes: u32 = 208;

export const rowPointerBytes: u32 = 4;

export const previousAt = 4;
export const rowAt = 8;
export const variableAt = 12;
export const firstAt = 16;
export const nodeHeader: u32 = 24;

export const nextAt = 4;
export const linkBytes: u32 = 16;
export const startBytes: u32 = 12;
export const lastAt = 8;
export const endAt = 12;

export const partitionAt = 4;
export const timeAt = 8;
export const rowSequenceAt = 16;

export const blockHeader: u32 = 16;
export const runBytes: u32 = 16;
export const stateBytes: u32 = 24;
export const takeBytes: u32 = 32;
export const pastLastSkip: u32 = 1;
export const firstVariableSkip: u32 = 2;
export const noTarget: u32 = 0xffffffff;
export const noStart: i64 = i64.MAX_VALUE;
/** Matches begun in one partition at most: 16 MB of runs. */
export const runsMax: u32 = 1 << 20;

export const failedNoRow: u32 = 1;
export const failedOwnStart: u32 = 2;
export const failedTooMany: u32 = 3;
