import { BYTE_ORDER_MARK } from "./bytes.ts";
import type { Unpacked } from "./unpacked.ts";
import { Utf16 } from "./utf16.ts";

/** The marks that text begins with, and what it is written in then. */
const MARKS = [
  { mark: BYTE_ORDER_MARK, begin: undefined },
  { mark: Buffer.from([0xff, 0xfe]), begin: () => new Utf16("little") },
  { mark: Buffer.from([0xfe, 0xff]), begin: () => new Utf16("big") },
] as const;

/** Text in UTF-8 and without a byte order mark, also where a mark says that it is UTF-16. Bytes without a mark are handed on as they are. */
export function inUtf8(unpacked: Unpacked): Unpacked {
  async function* chunks(): AsyncGenerator<Buffer> {
    let head: Buffer | undefined = Buffer.alloc(0);
    let text: Utf16 | undefined;
    for await (const chunk of unpacked.chunks) {
      let rest = chunk;
      if (head !== undefined) {
        const begun: Buffer = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        head = begun;
        if (MARKS.some(({ mark }) => begun.length < mark.length && mark.subarray(0, begun.length).equals(begun))) continue;
        const found = MARKS.find(({ mark }) => mark.equals(begun.subarray(0, mark.length)));
        text = found?.begin?.();
        rest = begun.subarray(found?.mark.length ?? 0);
        head = undefined;
      }
      const bytes = text === undefined ? rest : text.feed(rest);
      if (bytes.length > 0) yield bytes;
    }
    const last = text === undefined ? head : text.end();
    if (last !== undefined && last.length > 0) yield last;
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
