import type { FileHandle } from "node:fs/promises";

/** The longest unfinished line that is looked for; no line of ours is longer. */
const LONGEST_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Up to `length` bytes from `at` on; fewer where the file ends. */
export async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** What stands behind the last newline; undefined when that is longer than any line. */
export async function unfinishedLine(handle: FileHandle, size: number): Promise<Buffer | undefined> {
  let tail: Buffer = Buffer.alloc(0);
  let at = size;
  while (at > 0) {
    const length = Math.min(64 * 1024, at);
    at -= length;
    const piece = await readAt(handle, at, length);
    const newline = piece.lastIndexOf(NEWLINE);
    tail = Buffer.concat([piece.subarray(newline + 1), tail]);
    if (newline >= 0) break;
    if (tail.length > LONGEST_LINE) return undefined;
  }
  return tail;
}

/**
 * How much of an unfinished line a crash of a process or of the machine has left, and is to be cut off: half a line, which was not
 * acknowledged and comes again, or zeros where the disk had not got the bytes yet. A whole line lacks its newline only. Undefined: the
 * line is none of ours.
 */
export function leftByCrash(tail: Buffer): number | undefined {
  const text = tail.toString();
  const line = text.replaceAll(/^\0+|\0+$/g, "");
  if (isJson(line)) return text.length - text.replace(/\0+$/, "").length;
  return line === "" || line.startsWith("{") ? tail.length : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
