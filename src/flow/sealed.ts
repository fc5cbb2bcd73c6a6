import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { ContextPool } from "./contexts.ts";
import { copyOf } from "./copy.ts";
import type { Flow } from "./flow.ts";
import type { Columns } from "./named-rows.ts";
import { COLUMNS, pack, unpack } from "./pack.ts";

const MARK = 0x46_46_52_31;
const PREFIX = 8;
/** What a message unpacks to at most: the writer's flows are far fewer. */
const MOST_BYTES = 256 * 1_048_576;
const HEAD = Buffer.from(JSON.stringify(COLUMNS));

/** Flows as a message for other workers, of whatever version: packed, compressed, and headed by what stands in their columns. */
export function sealed(flows: readonly Flow[]): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(MARK);
  prefix.writeUInt32BE(HEAD.length, 4);
  return Buffer.concat([prefix, HEAD, zstdCompressSync(new Uint8Array(pack(flows.map(withoutOriginal))))]);
}

/** What `sealed` has made; undefined for a message that is none. */
export function opened(message: Buffer, pool: ContextPool): Flow[] | undefined {
  if (message.length < PREFIX || message.readUInt32BE() !== MARK) return undefined;
  const end = PREFIX + message.readUInt32BE(4);
  try {
    const columns: Columns = JSON.parse(message.toString("utf8", PREFIX, end));
    const packed = zstdDecompressSync(message.subarray(end), { maxOutputLength: MOST_BYTES });
    // A buffer of its own begins at nought, as rows of numbers have to.
    return unpack(new Uint8Array(packed).buffer, pool, columns);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The provider's block as it came is what nobody asks for who is told of a flow. */
function withoutOriginal(flow: Flow): Flow {
  if (flow.original === undefined) return flow;
  const copy = copyOf(flow);
  copy.original = undefined;
  return copy;
}
