import { unreachable } from '../../types/unreachable.ts';
import type {
  Expression,
  JsonAggregate,
  JsonArray,
  JsonExists,
  JsonMember,
  JsonObject,
  JsonPassing,
  JsonQuery,
  JsonValue,
  JsonValueBehavior,
} from '../ast.ts';
import { clausesOf, formatOrderItems } from './clauses.ts';
import { formatIdentifier, optional } from './names.ts';
import { recursion } from './recursion.ts';
import { formatType } from './types.ts';

const formatExpression = (expression: Expression): string => recursion.expression(expression);

type JsonCall = JsonExists | JsonValue | JsonQuery | JsonObject | JsonArray | JsonAggregate;

export function formatJsonCall(call: JsonCall): string {
  switch (call.kind) {
    case 'jsonExists':
      return `JSON_EXISTS(${inputOf(call)}${call.onError === null ? '' : ` ${call.onError} ON ERROR`})`;
    case 'jsonValue': {
      const onEmpty = call.onEmpty === null ? '' : ` ${formatJsonBehavior(call.onEmpty)} ON EMPTY`;
      const onError = call.onError === null ? '' : ` ${formatJsonBehavior(call.onError)} ON ERROR`;
      return `JSON_VALUE(${inputOf(call)}${returningOf(call)}${onEmpty}${onError})`;
    }
    case 'jsonQuery': {
      const wrapper =
        call.wrapper === null ? '' : call.wrapper === 'WITHOUT' ? ' WITHOUT WRAPPER' : ` WITH ${call.wrapper} WRAPPER`;
      const onEmpty = optional(' ', call.onEmpty === null ? null : `${call.onEmpty} ON EMPTY`);
      const onError = optional(' ', call.onError === null ? null : `${call.onError} ON ERROR`);
      return `JSON_QUERY(${inputOf(call)}${returningOf(call)}${wrapper}${onEmpty}${onError})`;
    }
    case 'jsonObject':
      return `JSON_OBJECT(${spaced(call.members.map(memberOf).join(', '), call.nullClause)})`;
    case 'jsonArray':
      return `JSON_ARRAY(${spaced(call.items.map(formatExpression).join(', '), call.nullClause)})`;
    case 'jsonAggregate': {
      const value = call.key === null ? formatExpression(call.value) : memberOf({ key: call.key, value: call.value });
      const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${formatOrderItems(call.orderBy)}`;
      return `${call.name}(${spaced(value + order, call.nullClause)})${clausesOf(call)}`;
    }
    default:
      return unreachable(call);
  }
}

function inputOf(call: JsonExists | JsonValue | JsonQuery): string {
  return `${formatExpression(call.input)}, ${formatExpression(call.path)}${formatPassing(call.passing)}`;
}

function returningOf(call: JsonValue | JsonQuery): string {
  return call.returning === null ? '' : ` RETURNING ${formatType(call.returning)}`;
}

function memberOf({ key, value }: Pick<JsonMember, 'key' | 'value'>): string {
  return `KEY ${formatExpression(key)} VALUE ${formatExpression(value)}`;
}

function spaced(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ');
}

function formatPassing(passing: readonly JsonPassing[]): string {
  if (passing.length === 0) return '';
  return ` PASSING ${passing.map(({ value, name }) => `${formatExpression(value)} AS ${formatIdentifier(name)}`).join(', ')}`;
}

function formatJsonBehavior(behavior: JsonValueBehavior): string {
  return typeof behavior === 'string' ? behavior : `DEFAULT ${formatExpression(behavior.value)}`;
}
