/** Names of the instructions that `code.ts` and `function-builder.ts` write, by opcode. Core Specification 2.0, section 5.4. */

/** What follows an opcode. */
export type Immediate =
  | 'none'
  | 'block'
  | 'index'
  | 'table'
  | 'memory'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'zeros';

export interface Instruction {
  readonly name: string;
  readonly immediate: Immediate;
}

/** Names in the order of their opcodes, from `first` on; `-` for one that has none. */
function run(first: number, names: string, immediate: Immediate = 'none'): [number, Instruction][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name, at): [number, Instruction] => [first + at, { name, immediate }]);
}

const compare = (type: string): string =>
  ['eqz', 'eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u']
    .map((op) => `${type}.${op}`)
    .join(' ');
const compareFloat = (type: string): string =>
  ['eq', 'ne', 'lt', 'gt', 'le', 'ge'].map((op) => `${type}.${op}`).join(' ');
const arithmetic = (type: string): string =>
  `clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr`
    .split(' ')
    .map((op) => `${type}.${op}`)
    .join(' ');
const arithmeticFloat = (type: string): string =>
  `abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign`
    .split(' ')
    .map((op) => `${type}.${op}`)
    .join(' ');

/** Instructions of one byte. */
export const instructions: ReadonlyMap<number, Instruction> = new Map([
  ...run(0x00, 'unreachable nop'),
  ...run(0x02, 'block loop if', 'block'),
  ...run(0x05, 'else'),
  ...run(0x0b, 'end'),
  ...run(0x0c, 'br br_if', 'index'),
  ...run(0x0e, 'br_table', 'table'),
  ...run(0x0f, 'return'),
  ...run(0x10, 'call', 'index'),
  ...run(0x1a, 'drop select'),
  ...run(0x20, 'local.get local.set local.tee global.get global.set', 'index'),
  ...run(
    0x28,
    `i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s i64.load8_u
     i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store i32.store8 i32.store16
     i64.store8 i64.store16 i64.store32`,
    'memory',
  ),
  ...run(0x41, 'i32.const', 'i32'),
  ...run(0x42, 'i64.const', 'i64'),
  ...run(0x43, 'f32.const', 'f32'),
  ...run(0x44, 'f64.const', 'f64'),
  ...run(0x45, `${compare('i32')} ${compare('i64')} ${compareFloat('f32')} ${compareFloat('f64')}`),
  ...run(0x67, `${arithmetic('i32')} ${arithmetic('i64')} ${arithmeticFloat('f32')} ${arithmeticFloat('f64')}`),
  ...run(
    0xa7,
    `i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u
     i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s f32.convert_i32_u
     f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s
     f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
     i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`,
  ),
]);

/** Behind 0xfc. */
export const bulkInstructions: ReadonlyMap<number, Instruction> = new Map([
  ...run(
    0,
    `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s
     i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u`,
  ),
  ...run(10, 'memory.copy', 'zeros'),
]);

/** Behind 0xfd. */
export const vectorInstructions: ReadonlyMap<number, Instruction> = new Map([
  ...run(0, 'v128.load', 'memory'),
  ...run(11, 'v128.store', 'memory'),
  ...run(12, 'v128.const', 'v128'),
  ...run(0x0f, 'i8x16.splat'),
  ...run(0x23, 'i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u'),
  ...run(0x4e, 'v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true'),
  ...run(0x63, 'i8x16.all_true i8x16.bitmask'),
]);
