import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { Memory } from '../../src/memory/memory.ts';
import { i32, type Local } from '../../src/wasm/code.ts';
import { call } from '../../src/wasm/function-builder.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';

describe('memory', () => {
  test('a file is read straight into a view of the shared memory', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-'));
    const file = join(folder, 'lines.txt');
    writeFileSync(file, 'zürich\n东京\n');
    const memory = Memory.create();
    const address = memory.alloc(64);
    const handle = openSync(file, 'r');
    const length = readSync(handle, memory.u8, address, 64, 0);
    closeSync(handle);
    rmSync(folder, { recursive: true });
    expect(memory.text(address, length)).toBe('zürich\n东京\n');
    expect(memory.bytes.toString('latin1', address, address + 1)).toBe('z');
  });

  test('text that is not UTF-8 has U+FFFD where the standard decoder has it', () => {
    const memory = Memory.create();
    const address = memory.alloc(16);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const samples = [
      [0xff],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0x61, 0xe2, 0x28],
      [0xef, 0xbb, 0xbf, 0x61],
    ];
    for (const sample of samples) {
      memory.u8.set(sample, address);
      expect(memory.text(address, sample.length)).toBe(decoder.decode(Uint8Array.from(sample)));
    }
  });

  test('views reach what was allocated after they were made', () => {
    const memory = Memory.create();
    const before = memory.u8;
    const address = memory.alloc(50_000_000);
    memory.u8[address + 49_999_999] = 7;
    expect(memory.u8).not.toBe(before);
    expect(memory.u8[address + 49_999_999]).toBe(7);
    expect(memory.copyOut(address + 49_999_998, 2)[1]).toBe(7);
  });

  test('what was given back is used again', () => {
    const memory = Memory.create();
    const pages = () => memory.wasm.buffer.byteLength;
    const first = memory.alloc(10_000_000);
    const grown = pages();
    const used = memory.allocatedBytes;
    memory.free(first);
    for (let round = 0; round < 100; round++) {
      const parts = Array.from({ length: 9 }, () => memory.alloc(1_000_000));
      for (const part of parts) memory.free(part);
      expect(memory.alloc(9_999_990)).toBe(first);
      memory.free(first);
    }
    expect(pages()).toBe(grown);
    memory.alloc(10_000_000);
    expect(memory.allocatedBytes).toBe(used);
  });

  test('the last byte of 4 GiB is never handed out, and running out is told', () => {
    const memory = Memory.create();
    const blocks = [memory.alloc(2_000_000_000), memory.alloc(2_000_000_000)];
    expect(blocks.every((address) => address > 0)).toBe(true);
    expect(() => memory.alloc(1_000_000_000)).toThrow(WebAssembly.RuntimeError);
    expect(memory.kernels.allocFailedBytes()).toBeGreaterThanOrEqual(1_000_000_000);
  });

  test('a block that is freed twice traps', () => {
    const memory = Memory.create();
    const [small, big, wall] = [memory.alloc(20), memory.alloc(5_000), memory.alloc(5_000)];
    expect(wall).toBeGreaterThan(0);
    memory.free(small);
    memory.free(big);
    expect(() => memory.free(small)).toThrow(WebAssembly.RuntimeError);
    expect(() => memory.free(big)).toThrow(WebAssembly.RuntimeError);
  });

  test('emitted code runs on the memory, calls kernels and functions of the host', () => {
    const memory = Memory.create();
    const builder = new ModuleBuilder();
    const hash = builder.imported('kernels', 'bytesHash', ['i32', 'i32'], 'i32');
    const twice = builder.imported('host', 'twice', ['i32'], 'i32');
    const { builder: f } = builder.function(['i32', 'i32'], 'i32', 'run');
    const [address, length] = f.params as [Local<'i32'>, Local<'i32'>];
    f.return(i32.add(call(hash, address, length), call(twice, i32.load(address))));
    const { exports } = memory.instantiate(builder.toBytes(), { host: { twice: (value: number) => value * 2 } });
    const at = memory.alloc(8);
    memory.u32[at / 4] = 21;
    const run = exports.run as (address: number, length: number) => number;
    expect(run(at, 4)).toBe((memory.kernels.bytesHash(at, 4) + 42) | 0);
  });
});

describe('arena', () => {
  test('a reset gives the same memory again and keeps only chunks of the usual size', () => {
    const memory = Memory.create();
    const arena = new Arena(memory, 1_000);
    const first = Array.from({ length: 50 }, () => arena.alloc(100));
    expect(new Set(first).size).toBe(50);
    expect(first.every((address) => address % 16 === 0)).toBe(true);
    const held = arena.bytes;
    arena.reset();
    const big = arena.alloc(100_000);
    memory.u8.fill(1, big, big + 100_000);
    expect(arena.bytes).toBeGreaterThan(held + 99_000);
    arena.reset();
    expect(Array.from({ length: 50 }, () => arena.alloc(100))).toEqual(first);
    expect(arena.bytes).toBe(held);
    const used = memory.allocatedBytes;
    arena.release();
    expect(memory.allocatedBytes).toBeLessThan(used - held + 1_000);
  });
});
