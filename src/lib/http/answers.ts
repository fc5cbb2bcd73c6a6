import { promisify } from "node:util";
import zlib from "node:zlib";
import { codeOf, describeError } from "../errors.ts";

/** An answer's body, as far as it came. */
export interface AnswerBody {
  readonly bytes: Buffer;
  /** Why it is not what was sent: `breaks off: …`. Undefined for a body that came whole. */
  readonly fault: string | undefined;
}

export const NO_BODY: AnswerBody = { bytes: Buffer.alloc(0), fault: undefined };

/** Most bytes of an answer that are read; what is longer acknowledges nothing. */
const LARGEST_BYTES = 1024 * 1024;
/** The longest of another program's words that are passed on, in characters. */
const LONGEST_WORDS = 300;

/** The encodings that proxies use although nobody asks for one. */
const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(zlib.gunzip),
  "x-gzip": promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
};

/**
 * Reads a body and undoes its content-encoding. What comes cut, too long or broken is told as its fault; only what the signal aborts and
 * what does not come in time throws.
 */
export async function readBody(
  stream: AsyncIterable<Uint8Array>,
  encoding: string | null | undefined,
  signal: AbortSignal,
  largestBytes = LARGEST_BYTES,
): Promise<AnswerBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > largestBytes) return { bytes: Buffer.concat(chunks), fault: `is longer than ${largestBytes} bytes` };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === "UND_ERR_BODY_TIMEOUT") throw error;
    return { bytes: Buffer.concat(chunks), fault: `breaks off: ${describeError(error)}` };
  }
  const bytes = Buffer.concat(chunks);
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity" || bytes.length === 0) return { bytes, fault: undefined };
  const decode = DECODERS[name];
  if (decode === undefined) return { bytes, fault: `is encoded as ${oneLine(name)}, which was not asked for` };
  try {
    return { bytes: await decode(bytes, { maxOutputLength: largestBytes }), fault: undefined };
  } catch (error) {
    return { bytes, fault: `is no ${name}: ${describeError(error)}` };
  }
}

/**
 * Whether this status says that the receiver itself has done what it was asked to. The other 2xx are said by something between (203), of
 * a part (206), or of many things that would have to be looked at one by one (207, 208, 226).
 */
export function saysDone(status: number): boolean {
  return status === 200 || status === 201 || status === 202 || status === 204;
}

/** The text of a body, without a byte order mark and the space around it. */
export function textOf({ bytes }: AnswerBody): string {
  return bytes.toString().trim();
}

/** The value of a JSON text; undefined for any other. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For a message: what a body is that was not understood. */
export function shown(text: string): string {
  if (text.startsWith("<")) return pageTitle(text) === undefined ? "is a page" : `is a page with the title ${pageTitle(text)}`;
  const line = oneLine(text);
  return line === "" ? "has no text" : `says ${line}`;
}

/** The title of an HTML page; undefined for any other text. */
export function pageTitle(text: string): string | undefined {
  if (!text.startsWith("<")) return undefined;
  return oneLine(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? "") || undefined;
}

/** One line of printable text, of bounded length. */
export function oneLine(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]+/gu, " ")
    .replaceAll(/ {2,}/g, " ")
    .trim();
  return line.length > LONGEST_WORDS ? `${line.slice(0, LONGEST_WORDS).toWellFormed()}…` : line;
}
