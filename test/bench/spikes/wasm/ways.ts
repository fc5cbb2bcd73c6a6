import type { Flow } from "../../../../src/flow/flow.ts";
import type { Origin } from "../../../../src/flow/origin.ts";
import { gunzip } from "../../../../src/formats/gunzip.ts";
import type { Unpacked } from "../../../../src/formats/unpacked.ts";
import { compressor } from "../../../../src/sinks/otlp/compression.ts";
import type { Instantiate } from "./build.ts";
import { Kernel, type Request } from "./kernel.ts";
import { DECODING, type Product, REQUEST_RECORDS } from "./product.ts";

export interface StoredObject {
  readonly origin: Origin;
  /** As it is stored. */
  readonly bytes: Buffer;
  /** What that inflates to. */
  readonly lines: Buffer;
}

/** Takes a request; its memory is the maker's again once `recycle` is called. */
export type Take = (request: Request, recycle: () => void) => void;

/** A way from objects to requests. */
export interface Way {
  read(unpacked: Unpacked, origin: Origin): Promise<void>;
  /** Makes a request of what is left. */
  flush(): void;
}

/** When all records are observed: the same for all ways. */
const OBSERVED = Date.UTC(2026, 0, 6);
const NEWLINE = 0x0a;

/** Decode, enrich and encode, as the program does it. */
export function productWay(product: Product, take: Take): Way {
  const { format, enrich, encoder } = product;
  let flows: Flow[] = [];
  const flush = () => {
    if (flows.length === 0) return;
    const payload = encoder.encode(flows, OBSERVED);
    flows = [];
    const [bytes = Buffer.alloc(0)] = payload.parts;
    take({ records: payload.records, bytes: bytes as Request["bytes"] }, () => encoder.recycle(payload));
  };
  return {
    async read(unpacked, origin) {
      for await (const decoded of format.decode(unpacked, origin, DECODING)) {
        for (const flow of decoded.flows) {
          enrich(flow);
          if (flows.push(flow) === REQUEST_RECORDS) flush();
        }
      }
    },
    flush,
  };
}

export function kernelWay(instantiate: Instantiate, product: Product, take: Take): Way & Left {
  const kernel = new Kernel(instantiate, product, (request) => take(request, () => kernel.recycle(request)));
  kernel.observed(OBSERVED);
  return {
    async read(unpacked, origin) {
      kernel.begin(origin);
      for await (const chunk of unpacked.chunks) kernel.feed(chunk);
      kernel.end();
    },
    flush: () => kernel.flush(),
    get left() {
      return kernel.left;
    },
  };
}

interface Left {
  /** Lines that the kernel has left to the program. */
  readonly left: number;
}

/** Each line as JSON.parse reads it: the floor. */
export async function parseLines({ chunks }: Unpacked): Promise<number> {
  let records = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const lines = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = lines.indexOf(NEWLINE); end >= 0; end = lines.indexOf(NEWLINE, start)) {
      if (typeof JSON.parse(lines.toString("latin1", start, end)) === "object") records++;
      start = end + 1;
    }
    rest = Buffer.from(lines.subarray(start));
  }
  return records;
}

/** As inflation hands them out. */
const CHUNK_BYTES = 256 * 1024;

export function inflated({ lines }: StoredObject): Unpacked {
  async function* chunks() {
    for (let at = 0; at < lines.length; at += CHUNK_BYTES) yield lines.subarray(at, at + CHUNK_BYTES);
  }
  return { chunks: chunks(), fault: undefined };
}

export function stored({ bytes }: StoredObject): Unpacked {
  async function* chunks() {
    yield bytes;
  }
  return gunzip(chunks(), DECODING.maxBytes);
}

/**
 * As `stored`, for who copies each chunk at once: its memory is given back as soon as the next one is there. The kernel leaves the collector
 * of garbage nothing to do in the young generation, where it otherwise finds chunks by the way: they would stay until the whole heap is looked
 * through, again and again for their sake.
 */
export function storedOnce(object: StoredObject): Unpacked {
  const { chunks } = stored(object);
  async function* once() {
    let last: Buffer | undefined;
    for await (const chunk of chunks) {
      // Of a buffer that is not full zlib fills the rest.
      if (last?.buffer instanceof ArrayBuffer && last.byteOffset + last.length === last.buffer.byteLength)
        last.buffer.transfer(0);
      last = chunk;
      yield chunk;
    }
  }
  return { chunks: once(), fault: undefined };
}

/** The sink's compression. */
export function compression(coding: "gzip" | "zstd"): { readonly take: Take; settle(): Promise<unknown> } {
  const compress = compressor(undefined);
  let waiting: Promise<void>[] = [];
  return {
    take({ records, bytes }, recycle) {
      waiting.push(compress({ records, parts: [bytes] }, coding).then(recycle));
    },
    async settle() {
      await Promise.all(waiting);
      waiting = [];
    },
  };
}
