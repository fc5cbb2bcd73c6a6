/** Of a line, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024;
/** In each part of this size of a table that is split, a line ends. */
const PART_BYTES = MAX_LINE_BYTES / 2;
const [QUOTE, LINE_FEED] = [0x22, 0x0a];
export const LINE_END = /\r\n|\n|\r/;

/** Whether the lines of a table in UTF-8 can be split as they stand: no cell is quoted, and no line too long. Costs next to nothing. */
export function isPlain(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.includes(QUOTE)) return false;
  for (let at = 0; at + PART_BYTES <= bytes.length; at += PART_BYTES) {
    if (!bytes.subarray(at, at + PART_BYTES).includes(LINE_FEED)) return false;
  }
  return true;
}

/** The lines of a text that comes in pieces, some at a time. */
export async function* plainLines(pieces: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = "";
  for await (const piece of pieces) {
    const text = rest + piece;
    // A line feed that belongs to it may follow.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(LINE_END);
    rest = `${lines.pop()}${text.slice(end)}`;
    yield lines;
  }
  yield rest.split(LINE_END);
}

/** The cells of a line without quotes; none of a comment. */
export function plainCells(line: string, delimiter: string): string[] {
  const cells = line.split(delimiter);
  return cells[0]?.trimStart().startsWith("#") ? [] : cells;
}
