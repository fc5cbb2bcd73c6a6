import { isBlank, NEWLINE } from "./bytes.ts";
import type { Unpacked } from "./unpacked.ts";

/** The beginning of an object, and the whole of it. */
export interface Peeked {
  /** At least as many bytes as were asked for, unless the object has less. The first of them is visible, if any is. */
  readonly head: Buffer;
  /** All bytes from the first visible one on; to be read once. */
  readonly whole: Unpacked;
  /** Lets go of the object when `whole` is not read to its end. */
  release(): Promise<void>;
}

/** Looks at the first `length` bytes of an object from its first visible one on. */
export async function peek(unpacked: Unpacked, length: number): Promise<Peeked> {
  const chunks = unpacked.chunks[Symbol.asyncIterator]();
  const release = async () => {
    await chunks.return?.();
  };
  try {
    const head = await readHead(chunks, length);
    const [first = Buffer.alloc(0)] = head;
    return { head: head.length <= 1 ? first : Buffer.concat(head), whole: replayed(head, chunks, unpacked), release };
  } catch (error) {
    await release();
    throw error;
  }
}

const isVisible = (byte: number) => byte !== NEWLINE && !isBlank(byte);

async function readHead(chunks: AsyncIterator<Buffer>, enough: number): Promise<Buffer[]> {
  const head: Buffer[] = [];
  let length = 0;
  while (length < enough) {
    const next = await chunks.next();
    if (next.done === true) break;
    const visible = length > 0 ? 0 : next.value.findIndex(isVisible);
    if (visible === -1) continue;
    head.push(next.value.subarray(visible));
    length += next.value.length - visible;
  }
  return head;
}

function replayed(head: readonly Buffer[], rest: AsyncIterator<Buffer>, unpacked: Unpacked): Unpacked {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  }
  return {
    chunks: chunks(),
    get fault() {
      return unpacked.fault;
    },
    get owned() {
      return unpacked.owned;
    },
  };
}
