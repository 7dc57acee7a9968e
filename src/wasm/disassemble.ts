import { bulkInstructions, type Instruction, instructions, vectorInstructions } from './opcodes.ts';

const valueTypes: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

const emptyBlock = 0x40;

/** A module's functions, named where they are imported or exported. */
interface Functions {
  readonly names: Map<number, string>;
  readonly signatures: string[];
  readonly signatureOf: number[];
  importCount: number;
}

/**
 * The functions of a module that `ModuleBuilder` has assembled, in the text format, an instruction a line. For people:
 * EXPLAIN shows it. @throws Error for an instruction that the builder does not write
 */
export function disassemble(module: Uint8Array): string {
  const reader = new ByteReader(module, 8);
  const functions: Functions = { names: new Map(), signatures: [], signatureOf: [], importCount: 0 };
  const lines: string[] = [];
  while (!reader.isAtEnd) {
    const section = reader.byte();
    const end = reader.u32() + reader.at;
    if (section === 1) readSignatures(reader, functions);
    else if (section === 2) readImports(reader, functions);
    else if (section === 3) readDeclarations(reader, functions);
    else if (section === 7) readExports(reader, functions);
    else if (section === 10) lines.push(...readBodies(reader, functions));
    reader.at = end;
  }
  return lines.join('\n');
}

function readSignatures(reader: ByteReader, { signatures }: Functions): void {
  for (let count = reader.u32(); count > 0; count--) {
    reader.byte();
    const params = reader.list(() => typeName(reader.byte()));
    const results = reader.list(() => typeName(reader.byte()));
    const param = params.length === 0 ? '' : ` (param ${params.join(' ')})`;
    signatures.push(`${param}${results.length === 0 ? '' : ` (result ${results.join(' ')})`}`);
  }
}

function readImports(reader: ByteReader, functions: Functions): void {
  for (let count = reader.u32(); count > 0; count--) {
    const name = `${reader.name()}.${reader.name()}`;
    if (reader.byte() === 0x00) {
      functions.signatureOf.push(reader.u32());
      functions.names.set(functions.importCount++, name);
    } else {
      // The memory: shared, with its limits.
      reader.byte();
      reader.u32();
      reader.u32();
    }
  }
}

function readDeclarations(reader: ByteReader, { signatureOf }: Functions): void {
  for (let count = reader.u32(); count > 0; count--) signatureOf.push(reader.u32());
}

function readExports(reader: ByteReader, { names }: Functions): void {
  for (let count = reader.u32(); count > 0; count--) {
    const name = reader.name();
    reader.byte();
    names.set(reader.u32(), name);
  }
}

function readBodies(reader: ByteReader, functions: Functions): string[] {
  const lines: string[] = [];
  const count = reader.u32();
  for (let body = 0; body < count; body++) {
    const index = functions.importCount + body;
    const end = reader.u32() + reader.at;
    const signature = functions.signatures[functions.signatureOf[index] ?? 0] ?? '';
    lines.push(`(func $${nameOf(functions, index)}${signature}`);
    const locals = reader.list(() => `${reader.u32()} x ${typeName(reader.byte())}`);
    if (locals.length > 0) lines.push(`  ;; locals: ${locals.join(', ')}`);
    lines.push(...readBody(reader, end, functions), ')');
    reader.at = end;
  }
  return lines;
}

function readBody(reader: ByteReader, end: number, functions: Functions): string[] {
  const lines: string[] = [];
  let depth = 1;
  // The last instruction is the body's own end.
  while (reader.at < end - 1) {
    const instruction = readInstruction(reader);
    const { name } = instruction;
    if (name === 'end' || name === 'else') depth--;
    lines.push(`${'  '.repeat(depth)}${name}${immediateText(reader, instruction, functions)}`);
    if (name === 'else' || instruction.immediate === 'block') depth++;
  }
  return lines;
}

function readInstruction(reader: ByteReader): Instruction {
  const opcode = reader.byte();
  const found =
    opcode === 0xfc
      ? bulkInstructions.get(reader.u32())
      : opcode === 0xfd
        ? vectorInstructions.get(reader.u32())
        : instructions.get(opcode);
  if (found === undefined) throw new Error(`no instruction has the opcode ${opcode}`);
  return found;
}

function immediateText(reader: ByteReader, { name, immediate }: Instruction, functions: Functions): string {
  switch (immediate) {
    case 'none':
      return '';
    case 'block': {
      const type = reader.byte();
      return type === emptyBlock ? '' : ` (result ${typeName(type)})`;
    }
    case 'index': {
      const index = reader.u32();
      return name === 'call' ? ` $${nameOf(functions, index)}` : ` ${index}`;
    }
    case 'table':
      return ` ${[...reader.list(() => reader.u32()), reader.u32()].join(' ')}`;
    case 'memory': {
      reader.u32();
      const offset = reader.u32();
      return offset === 0 ? '' : ` offset=${offset}`;
    }
    case 'i32':
    case 'i64':
      return ` ${reader.signed(immediate === 'i32' ? 32 : 64)}`;
    case 'f32':
      return ` ${reader.float(4)}`;
    case 'f64':
      return ` ${reader.float(8)}`;
    case 'v128':
      return ` i8x16 ${Array.from({ length: 16 }, () => reader.byte()).join(' ')}`;
    case 'zeros':
      reader.byte();
      reader.byte();
      return '';
  }
}

function nameOf({ names }: Functions, index: number): string {
  return names.get(index) ?? `function-${index}`;
}

function typeName(byte: number): string {
  return valueTypes.get(byte) ?? `0x${byte.toString(16)}`;
}

/** Reads what `ByteWriter` writes. */
class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  u32(): number {
    return Number(BigInt.asUintN(32, this.#leb().value));
  }

  signed(bits: number): bigint {
    const { value, length } = this.#leb();
    return BigInt.asIntN(bits, BigInt.asIntN(length, value));
  }

  float(bytes: 4 | 8): number {
    this.at += bytes;
    return bytes === 4 ? this.#view.getFloat32(this.at - 4, true) : this.#view.getFloat64(this.at - 8, true);
  }

  name(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.u32() }, item);
  }

  #leb(): { readonly value: bigint; readonly length: number } {
    let value = 0n;
    let length = 0;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(length);
      length += 7;
      if ((byte & 0x80) === 0) return { value, length };
    }
  }
}
