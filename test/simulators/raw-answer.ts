import type { Socket } from "node:net";

/** An answer in place of a simulator's own, byte for byte: of any status, with any head, whole or not. */
export interface RawAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its length is said in the head, unless it comes in chunks. */
  readonly body?: string | Uint8Array;
  readonly chunked?: boolean;
  /** Ends the connection after so many bytes of the body: in the ordinary way, or with a reset. */
  readonly cut?: { readonly afterBytes: number; readonly by: "end" | "reset" };
  /** Sends so many bytes of the body, and then nothing; the connection stays open. */
  readonly hangAfterBytes?: number;
}

export function sendRaw(
  socket: Socket,
  { status, headers = {}, body = "", chunked = false, cut, hangAfterBytes }: RawAnswer,
): void {
  const bytes = Buffer.from(body);
  const length = chunked ? "transfer-encoding: chunked" : `content-length: ${bytes.length}`;
  const bodiless = status === 204 || status === 304;
  const lines = [`HTTP/1.1 ${status} As Told`, ...(bodiless ? [] : [length]), "connection: close"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (bodiless) {
    socket.end();
    return;
  }
  const sent = bytes.subarray(0, cut?.afterBytes ?? hangAfterBytes ?? bytes.length);
  if (chunked && sent.length > 0) socket.write(`${sent.length.toString(16)}\r\n`);
  socket.write(sent, () => {
    if (hangAfterBytes !== undefined) return;
    if (cut?.by === "reset") setImmediate(() => socket.resetAndDestroy());
    else socket.end(chunked && cut === undefined ? `${sent.length > 0 ? "\r\n" : ""}0\r\n\r\n` : "");
  });
}
