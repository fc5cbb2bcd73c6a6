import { open, stat } from "node:fs/promises";
import { codeOf } from "./errors.ts";

/** How a file looks without reading it: what its path leads to, its size, its times. Follows symbolic links. */
export interface Look {
  /** The same as long as nothing is seen to change; a missing file has one as well. */
  readonly stamp: string;
  /** Which file it is, whatever it holds; undefined where there is none. */
  readonly file: string | undefined;
  readonly regular: boolean;
  /** When it was changed last, in ms by the clock of its file system; undefined where there is none. */
  readonly changedAt: number | undefined;
}

export async function look(path: string): Promise<Look> {
  try {
    const found = await stat(path, { bigint: true });
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = found;
    return {
      stamp: [dev, ino, size, mtimeNs, ctimeNs].join(":"),
      file: `${dev}:${ino}`,
      regular: found.isFile(),
      changedAt: Number(ctimeMs),
    };
  } catch (error) {
    return { stamp: codeOf(error), file: undefined, regular: false, changedAt: undefined };
  }
}

/** Whether a regular file ends with a line break, so that its last line is whole; false where it cannot be read. */
export async function endsWithLine(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, Math.max(0, size - 2));
      const [before, last] = bytesRead === 2 ? buffer : [undefined, buffer[0]];
      // In UTF-16 a byte of zero stands on one side of the line break.
      return isBreak(last) || (last === 0 && isBreak(before));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

function isBreak(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}
