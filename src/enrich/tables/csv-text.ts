import { isUtf8 } from "node:buffer";
import type { TableIssue } from "./issues.ts";

/** The content as UTF-8, or why it is none. */
export function asUtf8(bytes: Uint8Array): Uint8Array | TableIssue {
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
  if (wide === undefined) {
    return isUtf8(bytes) ? bytes : { line: firstBadLine(bytes), reason: "is not UTF-8: save the file as CSV in UTF-8" };
  }
  try {
    return Buffer.from(new TextDecoder(wide, { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { line: 1, reason: "begins like UTF-16, and is cut or no text: save the file as CSV in UTF-8" };
  }
}

function firstBadLine(content: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < content.length; line++) {
    const feed = content.indexOf(0x0a, from);
    const end = feed < 0 ? content.length : feed + 1;
    if (!isUtf8(content.subarray(from, end))) return line;
    from = end;
  }
  return 1;
}

/** Soft hyphens, spaces of no width, marks of direction and byte order: they come along from web pages and other programs. */
const UNSEEN = /[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** Spaces of another width, and those that do not break. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
/** Joiners, but for those between letters that are no ASCII: scripts and emoji need these. */
const JOINERS = /(?<![^\0-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\0-\x7f])/g;

/** Text without characters that nobody sees; other spaces are plain ones. */
export function visible(text: string): string {
  return text.replace(UNSEEN, "").replace(SPACES, " ");
}

/** A cell without what surrounds its value. */
export function tidy(cell: string): string {
  return cell.replace(JOINERS, "").trim();
}

/** The name that a cell of the header gives to its column. */
export function nameOf(cell: string): string {
  return tidy(cell).toLowerCase();
}
