import { BYTE_ORDER_MARK } from "./bytes.ts";
import type { Unpacked } from "./unpacked.ts";

/** The same bytes without the byte order mark that UTF-8 text may begin with. */
export function withoutMark(unpacked: Unpacked): Unpacked {
  async function* chunks(): AsyncGenerator<Buffer> {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of unpacked.chunks) {
      if (head === undefined) {
        yield chunk;
        continue;
      }
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.subarray(0, head.length).equals(head)) continue;
      const rest = BYTE_ORDER_MARK.equals(head.subarray(0, BYTE_ORDER_MARK.length))
        ? head.subarray(BYTE_ORDER_MARK.length)
        : head;
      head = undefined;
      if (rest.length > 0) yield rest;
    }
    if (head !== undefined && head.length > 0) yield head;
  }
  return {
    chunks: chunks(),
    get fault() {
      return unpacked.fault;
    },
  };
}
