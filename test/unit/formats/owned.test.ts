import { gzipSync } from "node:zlib";
import { test } from "vitest";
import { expectAlike } from "../alike.ts";
import { decode, type Outcome, plain } from "./decoding.ts";
import { IBM, OCI } from "./specimens.ts";

const comparable = ({ flows, ...rest }: Outcome) => ({ ...rest, flows: flows.map(plain) });
const ENOUGH_BYTES = 700_000;

test.each([OCI, IBM])(
  "$format: what is read of memory that is given back is what is read of memory that stays",
  async ({ format, object, counting, damaged }) => {
    const texts: string[] = [];
    const others = Object.values(damaged);
    for (let length = 0, index = 0; length < ENOUGH_BYTES; index++) {
      const text = index % 500 === 499 ? (others[(index / 500) | 0] ?? counting(7n)) : counting(BigInt(index));
      texts.push(text);
      length += text.length;
    }
    const bytes = Buffer.from(object(texts));
    for (const name of [format, "auto"]) {
      const expected = comparable(await decode(name, bytes));
      // Chunks that are whole pieces of memory: of 256 KiB, or of all that a short stream holds.
      for (const packed of [
        gzipSync(bytes),
        gzipSync(gzipSync(bytes)),
        Buffer.concat(partsOf(bytes).map((part) => gzipSync(part))),
      ]) {
        expectAlike(comparable(await decode(name, packed)), expected);
      }
    }
  },
);

function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 40_000) parts.push(bytes.subarray(at, at + 40_000));
  return parts;
}
