/** What `--help` shows behind the options. */
export const examples = {
  program: `
Examples:
  tidemark run -e "SELECT 1 + 1"                          one statement
  tidemark run queries/clickstream                        a folder of queries
  tidemark explain queries/clickstream                    their plans
  tidemark functions SPLIT_INDEX                          what a function does

Every command has its own --help.`,
  run: `
Examples:
  tidemark run report.sql
  tidemark run setup.sql -e "SELECT COUNT(*) FROM hits"   a file, then a statement
  tidemark run report.sql --format csv > report.csv
  tidemark run alerts.sql --format jsonl | jq .card
  tidemark run report.sql -c table.local-time-zone=Europe/Oslo

Formats:
  table      for people; an updating result has its changes in the column "op"
  jsonl      a JSON object a row
  csv        comma-separated, with a header
  changelog  exact, for tools: a JSON array a row: the kind of change, then the values as text

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
} as const;
