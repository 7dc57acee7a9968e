// MD5, SHA-1, SHA-224/256 and SHA-384/512 of bytes. The constants are given: see `functions/scalar/hash-constants.ts`.
import { copyBytes } from './bytes';
import { textHexLower } from './hex';

/** The message's last blocks: what is left of it, the bit 1, zeros and its length in bits. */
const tail: usize = memory.data(256);
const state: usize = memory.data(64);
const schedule: usize = memory.data(640);

/** Pads the rest of a message behind its whole blocks. @returns how many blocks the tail has */
function padded(address: usize, length: u32, blockBytes: u32, littleEndian: bool): u32 {
  const rest = length % blockBytes;
  const lengthBytes: u32 = blockBytes == 128 ? 16 : 8;
  const bytes = rest + 1 + lengthBytes <= blockBytes ? blockBytes : blockBytes * 2;
  for (let at: u32 = 0; at < bytes; at += 16) v128.store(tail + at, i8x16.splat(0));
  copyBytes(tail, address + (length - rest), rest);
  store<u8>(tail + rest, 0x80);
  const bits = <u64>length << 3;
  store<u64>(tail + bytes - 8, littleEndian ? bits : bswap<u64>(bits));
  return bytes / blockBytes;
}

/** The digest in hexadecimal digits: 32 of them. `constants`: 64 u32 of sines. */
export function hashMd5(address: usize, length: u32, constants: usize, to: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  const whole = length / 64;
  for (let block: u32 = 0; block < whole; block++) md5Block(address + (block << 6), constants);
  const blocks = padded(address, length, 64, true);
  for (let block: u32 = 0; block < blocks; block++) md5Block(tail + (block << 6), constants);
  textHexLower(state, 16, to);
}

/** A step of the first round: the bits of c where b has one, of d where it has none. */
// @ts-ignore: decorator
@inline
function md5F(a: u32, b: u32, c: u32, d: u32, added: u32, turn: u32): u32 {
  return b + rotl<u32>(a + (d ^ (b & (c ^ d))) + added, turn);
}

/** Of the second: of b where d has one, of c where it has none. */
// @ts-ignore: decorator
@inline
function md5G(a: u32, b: u32, c: u32, d: u32, added: u32, turn: u32): u32 {
  return b + rotl<u32>(a + (c ^ (d & (b ^ c))) + added, turn);
}

/** Of the third. */
// @ts-ignore: decorator
@inline
function md5H(a: u32, b: u32, c: u32, d: u32, added: u32, turn: u32): u32 {
  return b + rotl<u32>(a + (b ^ c ^ d) + added, turn);
}

/** Of the fourth. */
// @ts-ignore: decorator
@inline
function md5I(a: u32, b: u32, c: u32, d: u32, added: u32, turn: u32): u32 {
  return b + rotl<u32>(a + (c ^ (b | ~d)) + added, turn);
}

// @ts-ignore: decorator
@inline
function md5Word(block: usize, index: u32, constants: usize, step: u32): u32 {
  return load<u32>(block + ((index & 15) << 2)) + load<u32>(constants + (step << 2));
}

function md5Block(block: usize, constants: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (let i: u32 = 0; i < 16; i += 4) {
    a = md5F(a, b, c, d, md5Word(block, i, constants, i), 7);
    d = md5F(d, a, b, c, md5Word(block, i + 1, constants, i + 1), 12);
    c = md5F(c, d, a, b, md5Word(block, i + 2, constants, i + 2), 17);
    b = md5F(b, c, d, a, md5Word(block, i + 3, constants, i + 3), 22);
  }
  for (let i: u32 = 16; i < 32; i += 4) {
    a = md5G(a, b, c, d, md5Word(block, 5 * i + 1, constants, i), 5);
    d = md5G(d, a, b, c, md5Word(block, 5 * i + 6, constants, i + 1), 9);
    c = md5G(c, d, a, b, md5Word(block, 5 * i + 11, constants, i + 2), 14);
    b = md5G(b, c, d, a, md5Word(block, 5 * i + 16, constants, i + 3), 20);
  }
  for (let i: u32 = 32; i < 48; i += 4) {
    a = md5H(a, b, c, d, md5Word(block, 3 * i + 5, constants, i), 4);
    d = md5H(d, a, b, c, md5Word(block, 3 * i + 8, constants, i + 1), 11);
    c = md5H(c, d, a, b, md5Word(block, 3 * i + 11, constants, i + 2), 16);
    b = md5H(b, c, d, a, md5Word(block, 3 * i + 14, constants, i + 3), 23);
  }
  for (let i: u32 = 48; i < 64; i += 4) {
    a = md5I(a, b, c, d, md5Word(block, 7 * i, constants, i), 6);
    d = md5I(d, a, b, c, md5Word(block, 7 * i + 7, constants, i + 1), 10);
    c = md5I(c, d, a, b, md5Word(block, 7 * i + 14, constants, i + 2), 15);
    b = md5I(b, c, d, a, md5Word(block, 7 * i + 21, constants, i + 3), 21);
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
}

/** 40 digits. */
export function hashSha1(address: usize, length: u32, to: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
  const whole = length / 64;
  for (let block: u32 = 0; block < whole; block++) sha1Block(address + (block << 6));
  const blocks = padded(address, length, 64, false);
  for (let block: u32 = 0; block < blocks; block++) sha1Block(tail + (block << 6));
  putWords32(5, to);
}

function sha1Block(block: usize): void {
  for (let i: u32 = 0; i < 16; i++) store<u32>(schedule + (i << 2), bswap<u32>(load<u32>(block + (i << 2))));
  for (let i: u32 = 16; i < 80; i++) {
    const at = schedule + (i << 2);
    store<u32>(at, rotl<u32>(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let i: u32 = 0; i < 80; i++) {
    let f: u32;
    let k: u32;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const next = rotl<u32>(a, 5) + f + e + k + load<u32>(schedule + (i << 2));
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}

/** SHA-256 and SHA-224, which begins otherwise and shows `words` of the 8. `constants`: 8 u32 to begin with, then 64. */
export function hashSha256(address: usize, length: u32, constants: usize, words: u32, to: usize): void {
  memory.copy(state, constants, 32);
  const whole = length / 64;
  for (let block: u32 = 0; block < whole; block++) sha256Block(address + (block << 6), constants + 32);
  const blocks = padded(address, length, 64, false);
  for (let block: u32 = 0; block < blocks; block++) sha256Block(tail + (block << 6), constants + 32);
  putWords32(words, to);
}

/** What a step adds to the last of its eight words: the fourth gets it too. */
// @ts-ignore: decorator
@inline
function sha256Sum(e: u32, f: u32, g: u32, constants: usize, step: u32): u32 {
  const turned = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
  const at: usize = step << 2;
  return turned + (g ^ (e & (f ^ g))) + load<u32>(constants + at) + load<u32>(schedule + at);
}

/** What only the word itself gets. */
// @ts-ignore: decorator
@inline
function sha256Mix(a: u32, b: u32, c: u32): u32 {
  return (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | (c & (a | b)));
}

function sha256Block(block: usize, constants: usize): void {
  for (let i: u32 = 0; i < 16; i++) store<u32>(schedule + (i << 2), bswap<u32>(load<u32>(block + (i << 2))));
  for (let i: u32 = 16; i < 64; i++) {
    const at = schedule + (i << 2);
    const x = load<u32>(at - 60);
    const y = load<u32>(at - 8);
    const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3);
    const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10);
    store<u32>(at, load<u32>(at - 64) + s0 + load<u32>(at - 28) + s1);
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let i: u32 = 0; i < 64; i += 8) {
    h += sha256Sum(e, f, g, constants, i);
    d += h;
    h += sha256Mix(a, b, c);
    g += sha256Sum(d, e, f, constants, i + 1);
    c += g;
    g += sha256Mix(h, a, b);
    f += sha256Sum(c, d, e, constants, i + 2);
    b += f;
    f += sha256Mix(g, h, a);
    e += sha256Sum(b, c, d, constants, i + 3);
    a += e;
    e += sha256Mix(f, g, h);
    d += sha256Sum(a, b, c, constants, i + 4);
    h += d;
    d += sha256Mix(e, f, g);
    c += sha256Sum(h, a, b, constants, i + 5);
    g += c;
    c += sha256Mix(d, e, f);
    b += sha256Sum(g, h, a, constants, i + 6);
    f += b;
    b += sha256Mix(c, d, e);
    a += sha256Sum(f, g, h, constants, i + 7);
    e += a;
    a += sha256Mix(b, c, d);
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

function putWords32(count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = state + (i << 2);
    store<u32>(at, bswap<u32>(load<u32>(at)));
  }
  textHexLower(state, count << 2, to);
}

/** SHA-512 and SHA-384, of which `words` of 8 are shown. `constants`: 8 u64 to begin with, then 80. */
export function hashSha512(address: usize, length: u32, constants: usize, words: u32, to: usize): void {
  memory.copy(state, constants, 64);
  const whole = length / 128;
  for (let block: u32 = 0; block < whole; block++) sha512Block(address + (block << 7), constants + 64);
  const blocks = padded(address, length, 128, false);
  for (let block: u32 = 0; block < blocks; block++) sha512Block(tail + (block << 7), constants + 64);
  for (let i: u32 = 0; i < words; i++) {
    const at = state + (i << 3);
    store<u64>(at, bswap<u64>(load<u64>(at)));
  }
  textHexLower(state, words << 3, to);
}

// @ts-ignore: decorator
@inline
function sha512Sum(e: u64, f: u64, g: u64, constants: usize, step: u32): u64 {
  const turned = rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41);
  const at: usize = step << 3;
  return turned + (g ^ (e & (f ^ g))) + load<u64>(constants + at) + load<u64>(schedule + at);
}

// @ts-ignore: decorator
@inline
function sha512Mix(a: u64, b: u64, c: u64): u64 {
  return (rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39)) + ((a & b) | (c & (a | b)));
}

function sha512Block(block: usize, constants: usize): void {
  for (let i: u32 = 0; i < 16; i++) store<u64>(schedule + (i << 3), bswap<u64>(load<u64>(block + (i << 3))));
  for (let i: u32 = 16; i < 80; i++) {
    const at = schedule + (i << 3);
    const x = load<u64>(at - 120);
    const y = load<u64>(at - 16);
    const s0 = rotr<u64>(x, 1) ^ rotr<u64>(x, 8) ^ (x >> 7);
    const s1 = rotr<u64>(y, 19) ^ rotr<u64>(y, 61) ^ (y >> 6);
    store<u64>(at, load<u64>(at - 128) + s0 + load<u64>(at - 56) + s1);
  }
  let a = load<u64>(state);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  let e = load<u64>(state, 32);
  let f = load<u64>(state, 40);
  let g = load<u64>(state, 48);
  let h = load<u64>(state, 56);
  for (let i: u32 = 0; i < 80; i += 8) {
    h += sha512Sum(e, f, g, constants, i);
    d += h;
    h += sha512Mix(a, b, c);
    g += sha512Sum(d, e, f, constants, i + 1);
    c += g;
    g += sha512Mix(h, a, b);
    f += sha512Sum(c, d, e, constants, i + 2);
    b += f;
    f += sha512Mix(g, h, a);
    e += sha512Sum(b, c, d, constants, i + 3);
    a += e;
    e += sha512Mix(f, g, h);
    d += sha512Sum(a, b, c, constants, i + 4);
    h += d;
    d += sha512Mix(e, f, g);
    c += sha512Sum(h, a, b, constants, i + 5);
    g += c;
    c += sha512Mix(d, e, f);
    b += sha512Sum(g, h, a, constants, i + 6);
    f += b;
    b += sha512Mix(c, d, e);
    a += sha512Sum(f, g, h, constants, i + 7);
    e += a;
    a += sha512Mix(b, c, d);
  }
  store<u64>(state, load<u64>(state) + a);
  store<u64>(state, load<u64>(state, 8) + b, 8);
  store<u64>(state, load<u64>(state, 16) + c, 16);
  store<u64>(state, load<u64>(state, 24) + d, 24);
  store<u64>(state, load<u64>(state, 32) + e, 32);
  store<u64>(state, load<u64>(state, 40) + f, 40);
  store<u64>(state, load<u64>(state, 48) + g, 48);
  store<u64>(state, load<u64>(state, 56) + h, 56);
}
