/** Bytes that JSON and what stands around it are made of. */
export const NUL = 0x00;
const TAB = 0x09;
export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
/** Begins each text of a JSON text sequence (RFC 7464). */
export const RECORD_SEPARATOR = 0x1e;
const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** Of UTF-8 text. */
export const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** White space within a line. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}
