import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Payload } from "../../contracts/sink.ts";
import { drawerOf, Failure } from "../../lib/errors.ts";
import type { Settings } from "./settings.ts";

/** What requests may be compressed with. */
export type Coding = "gzip" | "zstd";

/** Larger than the compressed form of most requests, so that it comes in one piece. */
const CHUNK = 256 * 1024;

const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);
const decompress = { gzip: promisify(zlib.gunzip), zstd: promisify(zlib.zstdDecompress) };

/** Without other word. Of zstd the third costs hardly more than the first, and saves a tenth. */
const LEVELS: Readonly<Record<Coding, number>> = { gzip: 1, zstd: 3 };

/** Compresses payloads in the thread pool. The input may not change before the result is there. */
export type Compress = (payload: Payload, coding: string) => Promise<Payload>;

export function compressor(level: number | undefined): Compress {
  const compressed = async (bytes: Uint8Array, coding: Coding): Promise<Uint8Array<ArrayBuffer>> => {
    if (coding === "gzip") return gzip(bytes, { level: level ?? LEVELS.gzip, chunkSize: CHUNK });
    return zstd(bytes, {
      params: { [zlib.constants.ZSTD_c_compressionLevel]: level ?? LEVELS.zstd },
      chunkSize: CHUNK,
    });
  };
  return async ({ records, parts }, coding) => ({
    records,
    parts: await Promise.all(parts.map((part) => compressed(part, coding as Coding))),
    coding,
  });
}

/** The payload as it was before it was compressed. */
async function decompressed({ records, parts, coding }: Payload): Promise<Payload> {
  if (coding === undefined) return { records, parts };
  return { records, parts: await Promise.all(parts.map((part) => decompress[coding as Coding](part))) };
}

/**
 * Which compression one receiver takes. Where the settings leave it open, zstd is tried with what is to be sent anyway. A receiver that
 * answers 400 or 415, or what cannot be understood, gets the same again with gzip, and is believed to take no zstd if it takes that: so a
 * record is never refused for how it is compressed. What was found out holds until a receiver that took zstd answers 415.
 */
export class Negotiation {
  readonly #isOpen: boolean;
  readonly #compress: Compress;
  readonly #onGzip: () => void;
  #current: Coding | undefined;
  #isKnown = false;

  /** `onGzip` is told when zstd turns out not to be taken. */
  constructor(compression: Settings["compression"], compress: Compress, onGzip: () => void) {
    this.#isOpen = compression === "auto";
    this.#current = compression === "auto" ? "zstd" : compression === "none" ? undefined : compression;
    this.#compress = compress;
    this.#onGzip = onGzip;
  }

  /** With which payloads are to be compressed from now on; undefined for not at all. */
  get current(): Coding | undefined {
    return this.#current;
  }

  /** What every receiver takes, as far as the settings allow it. */
  get safe(): Coding | undefined {
    return this.#isOpen && !this.#isKnown ? "gzip" : this.#current;
  }

  /** Sends a payload, in another form if need be. Rejects as `send` does. */
  async deliver<Result>(payload: Payload, send: (payload: Payload) => Promise<Result>): Promise<Result> {
    if (!this.#isOpen || payload.coding !== "zstd") return send(payload);
    if (this.#current === "gzip") return send(await this.#inGzip(payload));
    try {
      const result = await send(payload);
      this.#isKnown = true;
      return result;
    } catch (error) {
      if (!this.#blames(error)) throw error;
      const result = await send(await this.#inGzip(payload));
      if (this.#current === "zstd") this.#onGzip();
      this.#current = "gzip";
      this.#isKnown = true;
      return result;
    }
  }

  async #inGzip(payload: Payload): Promise<Payload> {
    return this.#compress(await decompressed(payload), "gzip");
  }

  #blames(error: unknown): boolean {
    if (!(error instanceof Failure)) return false;
    if (error.code === "otlp-http-415") return true;
    return !this.#isKnown && (error.code === "otlp-http-400" || drawerOf(error) === "not-understood");
  }
}
