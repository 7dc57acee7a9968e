import { unreachable } from '../../types/unreachable.ts';
import type { BasicType, RowTypeField, TypeName } from '../ast.ts';
import { layout } from './layout.ts';
import { formatIdentifier, formatName, formatText, optional } from './names.ts';

export function formatType(type: TypeName): string {
  const nullability = type.isNullable === null ? '' : type.isNullable ? ' NULL' : ' NOT NULL';
  return withoutNullability(type) + nullability;
}

function withoutNullability(type: TypeName): string {
  switch (type.kind) {
    case 'basicType':
      return formatBasicType(type);
    case 'collectionType':
      return `${type.collection}<${formatType(type.element)}>`;
    case 'mapType':
      return `MAP<${formatType(type.key)}, ${formatType(type.value)}>`;
    case 'rowType':
      return `ROW<${type.fields.map(formatField).join(', ')}>`;
    case 'structuredType':
      return `STRUCTURED<${[formatText(type.className), ...type.fields.map(formatField)].join(', ')}>`;
    case 'rawType':
      return `RAW(${formatText(type.className)}, ${formatText(type.serializer)})`;
    case 'namedType':
      return formatName(type.name);
    default:
      return unreachable(type);
  }
}

function formatField({ name, type, comment }: RowTypeField): string {
  return `${formatIdentifier(name)} ${formatType(type)}${optional(' ', comment === null ? null : formatText(comment))}`;
}

function formatBasicType({ name, parameters }: BasicType): string {
  if (name.startsWith('INTERVAL ')) return formatIntervalType(name, parameters);
  if (name === 'INT' && layout.isLong) return 'INTEGER';
  const brackets = parameters.length === 0 ? '' : `(${parameters.join(', ')})`;
  return name === 'TIME_LTZ' ? `TIME${brackets} WITH LOCAL TIME ZONE` : name + brackets;
}

/** The first number belongs to the first unit, the second one to the seconds. */
function formatIntervalType(name: string, [precision = -1, fraction = -1]: readonly number[]): string {
  const [from = '', to] = name.split(' TO ');
  const first = precision < 0 ? '' : String(precision);
  if (to !== undefined)
    return `${from}${first === '' ? '' : `(${first})`} TO ${to}${fraction < 0 ? '' : `(${fraction})`}`;
  const numbers = [first, ...(fraction < 0 ? [] : [String(fraction)])].filter((number) => number !== '');
  return numbers.length === 0 ? from : `${from}(${numbers.join(', ')})`;
}
