import { fail } from '../../diagnostics/diagnostic.ts';
import { decimalPlainText } from '../../formats/encode/number-text.ts';
import { bytesAt } from '../../formats/encode/value-writer.ts';
import type { Memory } from '../../memory/memory.ts';
import { javaFloatText } from '../../types/java-float-text.ts';
import { physicalOf } from '../../types/physical.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import { timestampText } from '../print/print-text.ts';

const escapedMarks = new Set('\u007f"#%\'*/:=?\\{[]^');

/** Is this character of a folder's name written as `%XX`, as in Flink (and Hive)? Those below a space are, but for NUL. */
function isEscaped(letter: string): boolean {
  return letter < ' ' ? letter !== '\0' : escapedMarks.has(letter);
}

export function escapePartition(text: string): string {
  return text.replace(/\W/g, (letter) =>
    isEscaped(letter) ? `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : letter,
  );
}

/**
 * The text of a partition's value, from its address in a native column. A DATE is its count of days since 1970: so are
 * Flink's folders.
 */
export function partitionText(memory: Memory, type: SqlType, at: number): string {
  const view = memory.view;
  switch (physicalOf(type)) {
    case 'bool':
      return view.getUint8(at) === 0 ? 'false' : 'true';
    case 'i8':
      return String(view.getInt8(at));
    case 'i16':
      return String(view.getInt16(at, true));
    case 'i32':
      return String(view.getInt32(at, true));
    case 'i64':
      return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ'
        ? timestampText(view.getBigInt64(at, true), type.precision)
        : String(view.getBigInt64(at, true));
    case 'f32':
      return javaFloatText(view.getFloat32(at, true), true);
    case 'f64':
      return javaFloatText(view.getFloat64(at, true), false);
    case 'i128': {
      if (type.kind !== 'DECIMAL') return fail('O007', null, `no partition by a ${typeText(type)}`);
      return decimalPlainText((view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true), type.scale);
    }
    case 'bytes': {
      const { address, length } = bytesAt(memory, at, 0);
      return memory.text(address, length);
    }
  }
}
