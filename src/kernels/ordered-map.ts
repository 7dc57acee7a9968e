import { allocRoom, free, stateAlloc } from './allocator';
import { bytesCompare } from './bytes';
import { put, putBytes, putCopy, putZeros } from './page-marks';

/**
 * A map in the order of its keys, which are byte strings (memcomparable: see sort-key.ts). A B+ tree whose leaves hold
 * the first 8 bytes of each key beside a pointer to its node, so that most of a search stays within the leaf. Nodes
 * never move: their addresses are good as long as they are in the map.
 *
 * ```
 * map    +0 root, +4 height (levels above the leaves), +8 count, +12 valueBytes, +16 first leaf, +20 last leaf,
 *        +24 inserted (whether the last insert was of a new key), +28 bytes held
 * node   +0 leaf, +4 keyLength, +8 value (valueBytes, a multiple of 8), then the key
 * block  +0 count, +4 parent, +8 capacity, +12 next leaf, +16 previous leaf,
 *        +24 prefixes u64[capacity] | nodes u32[capacity] | children u32[capacity], above the leaves only
 * ```
 *
 * Above the leaves, prefix and node are those of the child's least key. Insert, find and erase are O(log n); a single
 * leaf starts with 4 places, as many maps (a partition's top rows, a group's values) stay small. A block is split when
 * it is full, at its end when the keys come in ascending order; merged with a sibling when both are mostly empty.
 *
 * Source: Comer 1979, "The ubiquitous B-tree"; Bayer and Unterauer 1977, "Prefix B-trees".
 */
const rootAt = 0;
const heightAt = 4;
const countAt = 8;
const valueBytesAt = 12;
const firstAt = 16;
const lastAt = 20;
const insertedAt = 24;
const heldAt = 28;
const mapStructBytes: u32 = 32;

const keyLengthAt = 4;
const valueAt: u32 = 8;

const parentAt = 4;
const capacityAt = 8;
const nextAt = 12;
const previousAt = 16;
const prefixesAt: usize = 24;

const capacityFirst: u32 = 4;
const capacityMax: u32 = 32;
/** Blocks that hold together at most so many are merged, when one of them has fallen to a quarter. */
const mergedMax: u32 = 24;
const sparse: u32 = 8;

/** Whether the last search met the key itself. */
let isExact: bool = false;

/** An empty map; each key has a value of so many bytes (rounded up to a multiple of 8). */
export function orderedNew(valueBytes: u32): usize {
  const map = stateAlloc(mapStructBytes);
  putZeros(map, mapStructBytes);
  put<u32>(map, (valueBytes + 7) & ~7, valueBytesAt);
  put<u32>(map, allocRoom(map), heldAt);
  return map;
}

/** The address of the key's value: the present one, or zeroes for a new key (`orderedInserted` tells which). */
export function orderedInsert(map: usize, key: usize, keyLength: u32): usize {
  const prefix = prefixOf(key, keyLength);
  let leaf = leafFor(map, prefix, key, keyLength);
  if (leaf == 0) {
    leaf = newBlock(map, capacityFirst, false);
    put<u32>(map, <u32>leaf, rootAt);
    put<u32>(map, <u32>leaf, firstAt);
    put<u32>(map, <u32>leaf, lastAt);
  }
  let at = position(map, leaf, prefix, key, keyLength);
  put<u32>(map, u32(!isExact), insertedAt);
  if (isExact) return nodeAt(leaf, at) + valueAt;

  const node = newNode(map, key, keyLength);
  const capacity = load<u32>(leaf, capacityAt);
  if (load<u32>(leaf) == capacity) {
    if (capacity < capacityMax) {
      leaf = widen(map, leaf);
    } else {
      const middle = splitPoint(leaf, at, load<u32>(leaf, nextAt) == 0);
      const right = newBlock(map, capacityMax, false);
      link(map, leaf, right);
      moveEntries(right, 0, leaf, middle, false);
      if (at > middle || middle == capacityMax) {
        insertAt(right, at - middle, prefix, node);
        put<u32>(node, <u32>right);
        addSibling(map, leaf, right, 0);
      } else {
        addSibling(map, leaf, right, 0);
        insertAt(leaf, at, prefix, node);
        put<u32>(node, <u32>leaf);
        if (at == 0) leastChanged(leaf);
      }
      put<u32>(map, load<u32>(map, countAt) + 1, countAt);
      return node + valueAt;
    }
  }
  insertAt(leaf, at, prefix, node);
  put<u32>(node, <u32>leaf);
  if (at == 0) leastChanged(leaf);
  put<u32>(map, load<u32>(map, countAt) + 1, countAt);
  return node + valueAt;
}

/** Whether the last `orderedInsert` added its key. */
export function orderedInserted(map: usize): bool {
  return load<u32>(map, insertedAt) != 0;
}

/** The key's node, 0 when it is not in the map. */
export function orderedFind(map: usize, key: usize, keyLength: u32): usize {
  const prefix = prefixOf(key, keyLength);
  const leaf = leafFor(map, prefix, key, keyLength);
  if (leaf == 0) return 0;
  const at = position(map, leaf, prefix, key, keyLength);
  return isExact ? nodeAt(leaf, at) : 0;
}

/** The first node whose key is not less, 0 for none. */
export function orderedSeek(map: usize, key: usize, keyLength: u32): usize {
  const prefix = prefixOf(key, keyLength);
  const leaf = leafFor(map, prefix, key, keyLength);
  if (leaf == 0) return 0;
  const at = position(map, leaf, prefix, key, keyLength);
  if (at < load<u32>(leaf)) return nodeAt(leaf, at);
  const next = <usize>load<u32>(leaf, nextAt);
  return next == 0 ? 0 : nodeAt(next, 0);
}

/** The last node whose key is less, 0 for none. */
export function orderedSeekBefore(map: usize, key: usize, keyLength: u32): usize {
  const prefix = prefixOf(key, keyLength);
  const leaf = leafFor(map, prefix, key, keyLength);
  if (leaf == 0) return 0;
  const at = position(map, leaf, prefix, key, keyLength);
  return at > 0 ? nodeAt(leaf, at - 1) : lastOf(<usize>load<u32>(leaf, previousAt));
}

export function orderedFirst(map: usize): usize {
  const leaf = <usize>load<u32>(map, firstAt);
  return leaf == 0 ? 0 : nodeAt(leaf, 0);
}

export function orderedLast(map: usize): usize {
  return lastOf(<usize>load<u32>(map, lastAt));
}

/** The node behind, 0 at the end. */
export function orderedNext(node: usize): usize {
  const leaf = <usize>load<u32>(node);
  const at = indexOf(nodesOf(leaf), <u32>node) + 1;
  if (at < load<u32>(leaf)) return nodeAt(leaf, at);
  const next = <usize>load<u32>(leaf, nextAt);
  return next == 0 ? 0 : nodeAt(next, 0);
}

/** The node before, 0 at the start. */
export function orderedPrev(node: usize): usize {
  const leaf = <usize>load<u32>(node);
  const at = indexOf(nodesOf(leaf), <u32>node);
  return at > 0 ? nodeAt(leaf, at - 1) : lastOf(<usize>load<u32>(leaf, previousAt));
}

/** The address of a node's key. */
export function orderedKey(map: usize, node: usize): usize {
  return node + valueAt + load<u32>(map, valueBytesAt);
}

export function orderedKeyLength(node: usize): u32 {
  return load<u32>(node, keyLengthAt);
}

/** The address of a node's value; the node is 8 bytes before it. */
export function orderedValue(node: usize): usize {
  return node + valueAt;
}

export function orderedCount(map: usize): u32 {
  return load<u32>(map, countAt);
}

/** Bytes that the map holds. */
export function orderedBytes(map: usize): u32 {
  return load<u32>(map, heldAt);
}

/** Takes a key out; whether it was there. */
export function orderedErase(map: usize, key: usize, keyLength: u32): bool {
  const node = orderedFind(map, key, keyLength);
  if (node == 0) return false;
  orderedEraseNode(map, node);
  return true;
}

/** Takes a node out and frees it. */
export function orderedEraseNode(map: usize, node: usize): void {
  const leaf = <usize>load<u32>(node);
  const at = indexOf(nodesOf(leaf), <u32>node);
  put<u32>(map, load<u32>(map, heldAt) - allocRoom(node), heldAt);
  free(node);
  put<u32>(map, load<u32>(map, countAt) - 1, countAt);
  removeAt(leaf, at, false);
  settle(map, leaf, at, 0);
}

/** Takes all keys out and frees them. */
export function orderedClear(map: usize): void {
  const root = <usize>load<u32>(map, rootAt);
  if (root != 0) dropBlock(root, load<u32>(map, heightAt));
  const valueBytes = load<u32>(map, valueBytesAt);
  putZeros(map, mapStructBytes);
  put<u32>(map, valueBytes, valueBytesAt);
  put<u32>(map, allocRoom(map), heldAt);
}

/** Gives everything back. */
export function orderedDrop(map: usize): void {
  orderedClear(map);
  free(map);
}

function dropBlock(block: usize, height: u32): void {
  const count = load<u32>(block);
  for (let at: u32 = 0; at < count; at++) {
    if (height == 0) free(nodeAt(block, at));
    else dropBlock(<usize>load<u32>(childrenOf(block) + (at << 2)), height - 1);
  }
  free(block);
}

// Search

/** The first 8 bytes of a key as a number in their order; a shorter key is filled with zeroes. */
// @ts-ignore: decorator
@inline
function prefixOf(key: usize, length: u32): u64 {
  if (length >= 8) return bswap(load<u64>(key));
  return bswap(load<u64>(key) & (((<u64>1) << (<u64>length << 3)) - 1));
}

// @ts-ignore: decorator
@inline
function nodesOf(block: usize): usize {
  return block + prefixesAt + (load<u32>(block, capacityAt) << 3);
}

// @ts-ignore: decorator
@inline
function childrenOf(block: usize): usize {
  return block + prefixesAt + load<u32>(block, capacityAt) * 12;
}

// @ts-ignore: decorator
@inline
function nodeAt(block: usize, at: u32): usize {
  return <usize>load<u32>(nodesOf(block) + (at << 2));
}

// @ts-ignore: decorator
@inline
function prefixAt(block: usize, at: u32): u64 {
  return load<u64>(block + prefixesAt + (at << 3));
}

function lastOf(leaf: usize): usize {
  return leaf == 0 ? 0 : nodeAt(leaf, load<u32>(leaf) - 1);
}

/** The place of a word that is there, in an array that may be read 12 bytes beyond its end. */
function indexOf(words: usize, word: u32): u32 {
  const wanted = i32x4.splat(word);
  let at: u32 = 0;
  while (true) {
    const mask = i32x4.bitmask(i32x4.eq(v128.load(words + (at << 2)), wanted));
    if (mask != 0) return at + ctz(mask);
    at += 4;
  }
}

/** The leaf that has the key or would take it, 0 in an empty map. */
function leafFor(map: usize, prefix: u64, key: usize, keyLength: u32): usize {
  let block = <usize>load<u32>(map, rootAt);
  for (let height = load<u32>(map, heightAt); height != 0; height--) {
    const at = position(map, block, prefix, key, keyLength);
    const child = isExact || at == 0 ? at : at - 1;
    block = <usize>load<u32>(childrenOf(block) + (child << 2));
  }
  return block;
}

/** The number of keys in a block that are less; sets `isExact`. */
function position(map: usize, block: usize, prefix: u64, key: usize, keyLength: u32): u32 {
  isExact = false;
  const count = load<u32>(block);
  if (count == 0) return 0;
  const prefixes = block + prefixesAt;
  // Halving without branches, since which half it is cannot be predicted.
  let at: u32 = 0;
  let left = count;
  while (left > 1) {
    const half = left >> 1;
    at = select<u32>(at + half, at, load<u64>(prefixes + ((at + half - 1) << 3)) < prefix);
    left -= half;
  }
  at += u32(load<u64>(prefixes + (at << 3)) < prefix);
  if (at == count || load<u64>(prefixes + (at << 3)) != prefix) return at;
  return positionAmongEqual(map, block, at, prefix, key, keyLength);
}

function positionAmongEqual(map: usize, block: usize, first: u32, prefix: u64, key: usize, keyLength: u32): u32 {
  const count = load<u32>(block);
  const nodes = nodesOf(block);
  const keyAt = valueAt + load<u32>(map, valueBytesAt);
  let low = first;
  let high = first + 1;
  while (high < count && prefixAt(block, high) == prefix) high++;
  while (low < high) {
    const middle = (low + high) >> 1;
    const node = <usize>load<u32>(nodes + (middle << 2));
    const order = bytesCompare(node + keyAt, load<u32>(node, keyLengthAt), key, keyLength);
    if (order == 0) {
      isExact = true;
      return middle;
    }
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Change

function newNode(map: usize, key: usize, keyLength: u32): usize {
  const valueBytes = load<u32>(map, valueBytesAt);
  assert(keyLength < 0xf0000000);
  const node = stateAlloc(valueAt + valueBytes + keyLength);
  put<u32>(node, keyLength, keyLengthAt);
  for (let at: u32 = 0; at < valueBytes; at += 8) put<u64>(node + valueAt + at, 0);
  putBytes(node + valueAt + valueBytes, key, keyLength);
  put<u32>(map, load<u32>(map, heldAt) + allocRoom(node), heldAt);
  return node;
}

function newBlock(map: usize, capacity: u32, hasChildren: bool): usize {
  const block = stateAlloc(<u32>prefixesAt + capacity * (hasChildren ? 16 : 12));
  put<u32>(block, 0);
  put<u32>(block, 0, parentAt);
  put<u32>(block, capacity, capacityAt);
  put<u32>(block, 0, nextAt);
  put<u32>(block, 0, previousAt);
  put<u32>(map, load<u32>(map, heldAt) + allocRoom(block), heldAt);
  return block;
}

function freeBlock(map: usize, block: usize): void {
  put<u32>(map, load<u32>(map, heldAt) - allocRoom(block), heldAt);
  free(block);
}

/** Replaces the only leaf by one with twice the places. */
function widen(map: usize, leaf: usize): usize {
  const wider = newBlock(map, load<u32>(leaf, capacityAt) << 1, false);
  moveEntries(wider, 0, leaf, 0, false);
  freeBlock(map, leaf);
  put<u32>(map, <u32>wider, rootAt);
  put<u32>(map, <u32>wider, firstAt);
  put<u32>(map, <u32>wider, lastAt);
  return wider;
}

/** How many entries of a full block stay in it: half, or all when the new one comes at the very end. */
// @ts-ignore: decorator
@inline
function splitPoint(block: usize, at: u32, isLast: bool): u32 {
  return isLast && at == load<u32>(block) ? capacityMax : capacityMax / 2;
}

/** Moves the entries from place `from` on to place `at` of another block, where the entries end. */
function moveEntries(to: usize, at: u32, source: usize, from: u32, hasChildren: bool): void {
  const count = load<u32>(source) - from;
  if (count == 0) return;
  putCopy(to + prefixesAt + (at << 3), source + prefixesAt + (from << 3), count << 3);
  const nodes = nodesOf(to) + (at << 2);
  putCopy(nodes, nodesOf(source) + (from << 2), count << 2);
  let owned = nodes;
  let ownerAt: usize = 0;
  if (hasChildren) {
    owned = childrenOf(to) + (at << 2);
    putCopy(owned, childrenOf(source) + (from << 2), count << 2);
    ownerAt = parentAt;
  }
  for (let index: u32 = 0; index < count; index++) {
    put<u32>(<usize>load<u32>(owned + (index << 2)) + ownerAt, <u32>to);
  }
  put<u32>(source, from);
  put<u32>(to, at + count);
}

/** Makes room for an entry in a block that is not full, and writes it. */
function insertAt(block: usize, at: u32, prefix: u64, node: usize): void {
  const count = load<u32>(block);
  const prefixes = block + prefixesAt + (at << 3);
  const nodes = nodesOf(block) + (at << 2);
  if (at < count) {
    putCopy(prefixes + 8, prefixes, (count - at) << 3);
    putCopy(nodes + 4, nodes, (count - at) << 2);
  }
  put<u64>(prefixes, prefix);
  put<u32>(nodes, <u32>node);
  put<u32>(block, count + 1);
}

function insertChildAt(block: usize, at: u32, child: usize): void {
  const children = childrenOf(block) + (at << 2);
  const count = load<u32>(block);
  if (at < count) putCopy(children + 4, children, (count - at) << 2);
  put<u32>(children, <u32>child);
  put<u32>(child, <u32>block, parentAt);
  insertAt(block, at, prefixAt(child, 0), nodeAt(child, 0));
}

function removeAt(block: usize, at: u32, hasChildren: bool): void {
  const behind = load<u32>(block) - at - 1;
  const prefixes = block + prefixesAt + (at << 3);
  const nodes = nodesOf(block) + (at << 2);
  if (behind != 0) {
    putCopy(prefixes, prefixes + 8, behind << 3);
    putCopy(nodes, nodes + 4, behind << 2);
    if (hasChildren) {
      const children = childrenOf(block) + (at << 2);
      putCopy(children, children + 4, behind << 2);
    }
  }
  put<u32>(block, load<u32>(block) - 1);
}

/** Puts a new leaf behind another in the list of leaves. */
function link(map: usize, leaf: usize, right: usize): void {
  const next = <usize>load<u32>(leaf, nextAt);
  put<u32>(right, <u32>next, nextAt);
  put<u32>(right, <u32>leaf, previousAt);
  put<u32>(leaf, <u32>right, nextAt);
  if (next != 0) put<u32>(next, <u32>right, previousAt);
  else put<u32>(map, <u32>right, lastAt);
}

function unlink(map: usize, leaf: usize): void {
  const next = load<u32>(leaf, nextAt);
  const previous = load<u32>(leaf, previousAt);
  if (previous != 0) put<u32>(<usize>previous, next, nextAt);
  else put<u32>(map, next, firstAt);
  if (next != 0) put<u32>(<usize>next, previous, previousAt);
  else put<u32>(map, previous, lastAt);
}

/** Enters a block that was split off, `height` levels above the leaves, into the parent, behind its left part. */
function addSibling(map: usize, left: usize, right: usize, height: u32): void {
  let parent = <usize>load<u32>(left, parentAt);
  if (parent == 0) {
    parent = newBlock(map, capacityMax, true);
    insertChildAt(parent, 0, left);
    insertChildAt(parent, 1, right);
    put<u32>(map, <u32>parent, rootAt);
    put<u32>(map, height + 1, heightAt);
    return;
  }
  const at = indexOf(childrenOf(parent), <u32>left) + 1;
  if (load<u32>(parent) < capacityMax) {
    insertChildAt(parent, at, right);
    return;
  }
  const middle = splitPoint(parent, at, true);
  const parentRight = newBlock(map, capacityMax, true);
  moveEntries(parentRight, 0, parent, middle, true);
  if (at > middle || middle == capacityMax) insertChildAt(parentRight, at - middle, right);
  else insertChildAt(parent, at, right);
  addSibling(map, parent, parentRight, height + 1);
}

/** Tells the levels above that a block has another least key. */
function leastChanged(block: usize): void {
  let child = block;
  let parent = <usize>load<u32>(child, parentAt);
  while (parent != 0) {
    const at = indexOf(childrenOf(parent), <u32>child);
    put<u64>(parent + prefixesAt + (at << 3), prefixAt(child, 0));
    put<u32>(nodesOf(parent) + (at << 2), <u32>nodeAt(child, 0));
    if (at != 0) return;
    child = parent;
    parent = <usize>load<u32>(child, parentAt);
  }
}

/** Puts the tree in order after the entry at `at` was removed from a block `height` levels above the leaves. */
function settle(map: usize, block: usize, at: u32, height: u32): void {
  const count = load<u32>(block);
  const parent = <usize>load<u32>(block, parentAt);
  if (parent == 0) {
    if (count == 0) {
      if (height == 0) unlink(map, block);
      freeBlock(map, block);
      put<u32>(map, 0, rootAt);
      put<u32>(map, 0, heightAt);
    } else if (height != 0 && count == 1) {
      const child = <usize>load<u32>(childrenOf(block));
      put<u32>(child, 0, parentAt);
      put<u32>(map, <u32>child, rootAt);
      put<u32>(map, height - 1, heightAt);
      freeBlock(map, block);
      if (height > 1) settle(map, child, 1, height - 1);
    }
    return;
  }
  if (count == 0) {
    if (height == 0) unlink(map, block);
    const place = indexOf(childrenOf(parent), <u32>block);
    freeBlock(map, block);
    removeAt(parent, place, true);
    settle(map, parent, place, height + 1);
    return;
  }
  if (at == 0) leastChanged(block);
  if (count > sparse) return;
  const place = indexOf(childrenOf(parent), <u32>block);
  if (place + 1 < load<u32>(parent)) {
    const right = <usize>load<u32>(childrenOf(parent) + ((place + 1) << 2));
    if (count + load<u32>(right) <= mergedMax) merge(map, block, right, place + 1, height);
  } else if (place > 0) {
    const left = <usize>load<u32>(childrenOf(parent) + ((place - 1) << 2));
    if (count + load<u32>(left) <= mergedMax) merge(map, left, block, place, height);
  }
}

/** Moves all of the right block, which is the parent's child number `place`, to the end of the left one. */
function merge(map: usize, left: usize, right: usize, place: u32, height: u32): void {
  moveEntries(left, load<u32>(left), right, 0, height != 0);
  if (height == 0) unlink(map, right);
  freeBlock(map, right);
  const parent = <usize>load<u32>(left, parentAt);
  removeAt(parent, place, true);
  settle(map, parent, place, height + 1);
}
