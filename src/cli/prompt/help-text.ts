/** What `help` shows. */
export const helpText = `A statement ends with ";" and may have several lines. Those of Flink SQL 2.2, and:

  help            this; help NAME tells what a function does
  SOURCE 'file'   runs a script, or a folder: its setup.sql, then its other .sql files
  SET             the settings; SET 'key' = 'value', RESET 'key'
  SHOW TABLES     what there is; DESCRIBE NAME, SHOW CREATE TABLE NAME
  SHOW JOBS       what runs: an INSERT that reads a stream goes on behind the prompt, until STOP JOB 'ID'
  EXPLAIN ...     how a query would run
  clear           an empty screen
  quit, exit      leave, as ctrl-d does

  tab             completes words, names, functions, and options in WITH and SET
  up, down        what was entered before; ctrl-r looks for it
  ctrl-c          stops the query that runs, or drops what is typed
  alt-enter       another line

A result that changes is drawn in place, as a table. To see its changes instead:
  SET 'sql-client.execution.result-mode' = 'CHANGELOG';
`;
