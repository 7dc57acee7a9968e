import type { DecodeFailure } from '../format.ts';
import { commonFailure, type FailureContext, failedRecord } from '../record-failure.ts';
import { recordProblem } from '../record-struct.ts';

/** What the struct says of the record that failed. */
export function jsonFailure(context: FailureContext): DecodeFailure {
  const { format } = context;
  const failed = failedRecord(context);
  const { problem, said, shown, firstByte, make } = failed;
  const common = commonFailure(failed);
  if (common !== null) return common;
  switch (problem) {
    case recordProblem.missing:
      return make(`${said} is missing`, `'${format}.fail-on-missing-field' = 'false' makes it NULL`, 'F011');
    case recordProblem.notObject:
      return make(`a record must be a JSON object, or an array of objects: ${shown}`);
    case recordProblem.tooDeep:
      return make('JSON is nested more than 1,000 deep');
    case recordProblem.corruptChange:
      return make(`not a ${format} change: its operation or its row is missing`);
    case recordProblem.unknownChange:
      return make(`unknown operation ${shown} in a ${format} change`);
    case recordProblem.noBeforeUpdate:
      return make('the "before" field of an update is null', replicaIdentity);
    case recordProblem.noBeforeDelete:
      return make('the "before" field of a deletion is null', replicaIdentity);
    default:
      return make(firstByte === 10 ? 'malformed JSON: the record ends too early' : `malformed JSON at ${shown}`);
  }
}

const replicaIdentity = 'a Postgres table must have REPLICA IDENTITY FULL for Debezium to tell of old rows';
