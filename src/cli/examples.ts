/** What `--help` shows behind the options. */
export const examples = {
  program: `
Examples:
  tidemark                                                the prompt
  tidemark -c table.local-time-zone=Europe/Oslo           with a setting
  echo "SELECT 1 + 1" | tidemark                          a script from a pipe
  tidemark run -e "SELECT 1 + 1"                          one statement
  tidemark run queries/clickstream                        a folder of queries
  tidemark explain queries/clickstream                    their plans
  tidemark functions SPLIT_INDEX                          what a function does
  tidemark stream create clicks                           a stream to put records on
  tidemark jobs list                                      jobs that run, or can go on

Every command has its own --help.`,
  run: `
Examples:
  tidemark run report.sql
  tidemark run setup.sql -e "SELECT COUNT(*) FROM hits"   a file, then a statement
  tidemark run report.sql --format csv > report.csv
  tidemark run alerts.sql --format jsonl | jq .card
  tidemark run report.sql -c table.local-time-zone=Europe/Oslo
  tidemark run sums.sql --from .tidemark/savepoints/sums-000019

Formats:
  table      for people; an updating result has its changes in the column "op"
  jsonl      a JSON object a row
  csv        comma-separated, with a header
  changelog  exact, for tools: a JSON array a row: the kind of change, then the values as text

A job that makes checkpoints goes on from its last one when it is run again. --from begins from a savepoint instead, and
--fresh from the start; in both cases the state of before is put aside, under the job's name and .old.

Results go to standard output, all else to standard error. Ctrl-C stops a query cleanly, a second one at once.
Exit codes: 0 done, 1 a statement was refused or failed, 2 a wrong command line, 130 stopped by Ctrl-C.`,
  explain: `
Examples:
  tidemark explain report.sql                             logical and physical plan
  tidemark explain -e "SELECT 1" --stage code             the WebAssembly that would run

CREATE, SET and USE are executed, so that the queries behind them can be planned.`,
  functions: `
Examples:
  tidemark functions
  tidemark functions date_format`,
  stream: `
Examples:
  tidemark stream create clicks --shards 4
  tidemark stream put clicks hits.ndjson --partition-key ip
  tidemark run live.sql                                   a query over it, with 'connector' = 'kinesis'
  tidemark stream read clicks --follow

Streams have the semantics of Kinesis Data Streams: shards of hash keys, sequence numbers, retention, split and merge.
They lie in .tidemark/streams, need no account, and are written by one process at a time; any may read them.`,
  jobs: `
Examples:
  tidemark jobs list
  tidemark jobs inspect sums                              its operators, sources, sinks and files
  tidemark jobs stop sums                                 with a last checkpoint, wherever it runs
  tidemark jobs savepoint sums                            a copy of its state, while it goes on
  tidemark jobs resume sums                               it goes on from there
  tidemark jobs drop sums                                 it then starts anew

A job that makes checkpoints ('execution.checkpointing.interval') has its state in .tidemark/jobs, under its
'pipeline.name' or, without one, a name made of its statement. NAME may be the beginning of a name.`,
  jobsList: `
Examples:
  tidemark jobs list
  tidemark jobs list --json | jq -r 'select(.state == "stopped") | .name'

States: running (in which process), stopped (it can go on), damaged (its newest checkpoint cannot be read), empty
(it had none yet when it was killed). Rows are the keys, groups and rows that it keeps.`,
  jobsInspect: `
Examples:
  tidemark jobs inspect sums
  tidemark jobs inspect sums --json | jq .checkpoint.operators

Every file of its checkpoints is read, and its checksums compared. Exit code 1: a file is damaged.`,
  jobsStop: `
Examples:
  tidemark jobs stop sums
  tidemark jobs stop sums --savepoint                     and a copy of its state in .tidemark/savepoints
  tidemark jobs stop sums --savepoint /backup/sums
  tidemark jobs stop sums --drain                         what waits for time to pass is sent first

The job makes a last checkpoint, its sinks show what they have, and its process ends. A savepoint is a folder that
stands for itself: nothing cleans it, and it may be moved. Of a job that does not run it is made of what is there.`,
  jobsSavepoint: `
Examples:
  tidemark jobs savepoint sums                            in .tidemark/savepoints
  tidemark jobs savepoint sums /backup/sums
  tidemark jobs resume sums-b --from /backup/sums         as a job of its own, beside the other

The job makes a checkpoint, its sinks show what they have, the checkpoint is copied, and the job goes on. What it writes
from then on, a job that begins from the savepoint writes too.`,
  jobsResume: `
Examples:
  tidemark jobs resume sums                               from where it was stopped or killed
  tidemark jobs resume sums --from .tidemark/savepoints/sums-000019
  tidemark jobs resume sums-b --from .tidemark/savepoints/sums-000019   as a job of its own

The statement, its tables and its settings are those that the job had when it made the checkpoint; to change them, run
the changed script by tidemark run. With --from, later state that the job has is put aside, under its name and .old.
Rows that it has written since the savepoint stay where they are, and come again.`,
  jobsDrop: `
Examples:
  tidemark jobs drop sums
  tidemark jobs drop sums --yes                           without a question`,
  streamCreate: `
Examples:
  tidemark stream create clicks                           one shard, 24 hours
  tidemark stream create clicks --shards 4 --retention 168`,
  streamList: `
Examples:
  tidemark stream list`,
  streamDescribe: `
Examples:
  tidemark stream describe clicks`,
  streamPut: `
Examples:
  tidemark stream put clicks hits.ndjson --partition-key ip
  tail -f access.ndjson | tidemark stream put clicks -k ip
  tidemark stream put clicks hits.ndjson --durability system   faster, but a power cut may lose the last seconds

A record counts as put when it is on the disk. Ctrl-C stops after what is on its way; what was put stays.`,
  streamRead: `
Examples:
  tidemark stream read clicks -n 10
  tidemark stream read clicks --follow --from LATEST
  tidemark stream read clicks --from 2024-05-01T12:00:00Z --format json | jq .partitionKey
  tidemark stream read clicks --shard 2 --from 49590338271490256608559692538361571095921575989136588898`,
  streamSplit: `
Examples:
  tidemark stream split clicks 0                          in the middle
  tidemark stream split clicks 0 --at 1000000000000000000000000000000000000`,
  streamMerge: `
Examples:
  tidemark stream merge clicks 1 2`,
  streamDelete: `
Examples:
  tidemark stream delete clicks`,
} as const;
