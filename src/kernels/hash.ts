// MD5, SHA-1, SHA-224/256 and SHA-384/512 of bytes. The constants are given: see `functions/scalar/hash-constants.ts`.
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
  memory.fill(tail, 0, bytes);
  memory.copy(tail, address + (length - rest), rest);
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

const md5Turns: usize = memory.data<u8>([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);

function md5Block(block: usize, constants: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (let i: u32 = 0; i < 64; i++) {
    let f: u32;
    let g: u32;
    if (i < 16) {
      f = (b & c) | (~b & d);
      g = i;
    } else if (i < 32) {
      f = (d & b) | (~d & c);
      g = (5 * i + 1) & 15;
    } else if (i < 48) {
      f = b ^ c ^ d;
      g = (3 * i + 5) & 15;
    } else {
      f = c ^ (b | ~d);
      g = (7 * i) & 15;
    }
    const sum = a + f + load<u32>(constants + (i << 2)) + load<u32>(block + (g << 2));
    a = d;
    d = c;
    c = b;
    b += rotl<u32>(sum, <u32>load<u8>(md5Turns + ((i >> 4) << 2) + (i & 3)));
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
  for (let i: u32 = 0; i < 64; i++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(constants + (i << 2)) + load<u32>(schedule + (i << 2));
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
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
  for (let i: u32 = 0; i < 80; i++) {
    const s1 = rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u64>(constants + (i << 3)) + load<u64>(schedule + (i << 3));
    const s0 = rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
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
