/**
 * Huffman code of RFC 7541, section 5.2 and appendix B. It is canonical: codes of equal length follow
 * one another in the order of their symbols, so that the lengths below say it all. The symbol after
 * the 256 bytes is the end of string.
 */
const CODE_LENGTHS = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30],
  ...[28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5],
  ...[7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22],
  ...[22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23],
  ...[22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22],
  ...[21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26],
  ...[26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20],
  ...[24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27],
  ...[27, 28, 27, 27, 27, 27, 27, 26, 30],
];

const END_OF_STRING = 256;
/** Of a symbol of which only the first bits have come, those may be padding: at most 7, all ones. */
const MAX_PADDING_BITS = 7;

// One step of the decoder takes four bits. No code is that short, so a step ends one symbol at most.
const STEP_BITS = 4;
const STEPS = 1 << STEP_BITS;
const EMITS = 1 << 8;
const FAILS = 1 << 9;
const STATE_SHIFT = 10;

/** By state and four bits: the next state, and the byte that ends here, if one does. */
const transitions = new Uint32Array(END_OF_STRING * STEPS);
/** States in which a string may end. */
const accepting = new Uint8Array(END_OF_STRING);
fillTables();

/**
 * Decodes [start, stop) into `target` from `at` on, and returns where the result ends; -1 for what
 * is no Huffman code: a wrong padding, or the end-of-string symbol. `target` must have room for 8/5
 * of the bytes. A table of states, four bits a step, takes half the time of walking the tree.
 */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  stop: number,
  target: Uint8Array,
  at: number,
): number {
  let state = 0;
  let end = at;
  for (let pos = start; pos < stop; pos++) {
    const byte = bytes[pos] as number;
    let step = transitions[(state << STEP_BITS) | (byte >> STEP_BITS)] as number;
    if ((step & EMITS) !== 0) target[end++] = step;
    if ((step & FAILS) !== 0) return -1;
    step = transitions[((step >> STATE_SHIFT) << STEP_BITS) | (byte & (STEPS - 1))] as number;
    if ((step & EMITS) !== 0) target[end++] = step;
    if ((step & FAILS) !== 0) return -1;
    state = step >> STATE_SHIFT;
  }
  return accepting[state] === 1 ? end : -1;
}

/** A state is a node of the code's tree that is no leaf: there is one fewer than there are symbols. */
function fillTables(): void {
  const root: Node = { state: 0 };
  const nodes = [root];
  const inner = (): Node => {
    const node = { state: nodes.length };
    nodes.push(node);
    return node;
  };
  const symbols = CODE_LENGTHS.map((length, symbol) => ({ length, symbol })).sort(
    (a, b) => a.length - b.length || a.symbol - b.symbol,
  );
  let code = 0;
  let codeLength = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - codeLength);
    codeLength = length;
    let node = root;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = bitOf(code, bit);
      node[side] ??= inner();
      node = node[side];
    }
    node[bitOf(code, 0)] = { state: -1, symbol };
    code++;
  }
  for (const node of nodes) {
    for (let bits = 0; bits < STEPS; bits++) {
      transitions[node.state * STEPS + bits] = stepFrom(node, bits, root);
    }
  }
  let node: Node | undefined = root;
  for (let ones = 0; ones <= MAX_PADDING_BITS && node !== undefined; ones++) {
    accepting[node.state] = 1;
    node = node[1];
  }
}

interface Node {
  state: number;
  symbol?: number;
  0?: Node;
  1?: Node;
}

function stepFrom(from: Node, bits: number, root: Node): number {
  let node = from;
  let emitted = 0;
  for (let bit = STEP_BITS - 1; bit >= 0; bit--) {
    node = node[bitOf(bits, bit)] as Node;
    if (node.symbol === undefined) continue;
    if (node.symbol === END_OF_STRING) return FAILS;
    emitted = EMITS | node.symbol;
    node = root;
  }
  return (node.state << STATE_SHIFT) | emitted;
}

function bitOf(code: number, bit: number): 0 | 1 {
  return Math.floor(code / 2 ** bit) % 2 === 1 ? 1 : 0;
}
