import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What Kafka's protocol calls its requests, by their number (https://kafka.apache.org/protocol). */
export const API = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  offsetCommit: 8,
  heartbeat: 12,
  apiVersions: 18,
  createTopics: 19,
  deleteTopics: 20,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  writeTxnMarkers: 27,
  txnOffsetCommit: 28,
  createPartitions: 37,
  incrementalAlterConfigs: 44,
  describeTransactions: 65,
  listTransactions: 66,
  saslAuthenticate: 36,
  consumerGroupHeartbeat: 68,
  consumerGroupDescribe: 69,
} as const;

/** From which version on a request has lengths as varints, and tags. */
const FLEXIBLE_SINCE: Readonly<Record<number, number>> = {
  [API.fetch]: 12,
  [API.offsetCommit]: 8,
  [API.heartbeat]: 4,
  [API.apiVersions]: 3,
};

/** Reads what stands in a message of the protocol, from front to back. */
export class WireReader {
  #at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  int8(): number {
    this.#at += 1;
    return this.#bytes.readInt8(this.#at - 1);
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  string(): string {
    return this.#text(this.int16());
  }

  compactString(): string {
    return this.#text(this.varint() - 1);
  }

  tags(): void {
    for (let count = this.varint(); count > 0; count -= 1) {
      this.varint();
      this.skip(this.varint());
    }
  }

  #text(length: number): string {
    if (length < 0) return "";
    this.#at += length;
    return this.#bytes.toString("utf8", this.#at - length, this.#at);
  }
}

/** What every request begins with. `body` stands behind it. */
export interface RequestHeader {
  readonly api: number;
  readonly version: number;
  readonly correlation: number;
  readonly flexible: boolean;
  readonly body: WireReader;
}

/** `frame`: a request without its length. */
export function readHeader(frame: Buffer): RequestHeader {
  const body = new WireReader(frame);
  const [api, version, correlation] = [body.int16(), body.int16(), body.int32()];
  body.string();
  const flexible = version >= (FLEXIBLE_SINCE[api] ?? Number.POSITIVE_INFINITY);
  if (flexible) body.tags();
  return { api, version, correlation, flexible, body };
}

/** Cuts what comes from a socket into messages, without their lengths. */
export class Frames {
  #held: Buffer = Buffer.alloc(0);

  *take(chunk: Buffer): Generator<Buffer> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= 4) {
      const end = 4 + this.#held.readInt32BE(0);
      if (this.#held.length < end) return;
      const frame = this.#held.subarray(4, end);
      this.#held = this.#held.subarray(end);
      yield frame;
    }
  }
}

export const framed = (frame: Buffer): Buffer => Buffer.concat([int32(frame.length), frame]);

export const int8 = (value: number): Buffer => Buffer.from([value]);
export const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
export const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
export const array = (entries: readonly Buffer[]): Buffer => Buffer.concat([int32(entries.length), ...entries]);
export const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
};

/** A connection on which one request is made after the other, with fixed versions that are not flexible. */
export class WireConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #frames = new Frames();
  #correlation = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async over(socket: Socket, connected = "connect"): Promise<WireConnection> {
    await once(socket, connected);
    return new WireConnection(socket);
  }

  static to(port: number): Promise<WireConnection> {
    return WireConnection.over(connect(port, "127.0.0.1"));
  }

  /** The answer behind its header. Rejects when the connection is closed instead. */
  async request(api: number, version: number, body: Buffer = Buffer.alloc(0)): Promise<Buffer> {
    const correlation = this.#correlation++;
    const header = Buffer.concat([int16(api), int16(version), int32(correlation), text("flowferry-tests")]);
    const answer = new Promise<Buffer>((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#socket.off("data", take).off("close", closed).off("error", reject);
        act();
      };
      const take = (chunk: Buffer) => {
        for (const frame of this.#frames.take(chunk)) settle(() => resolve(frame.subarray(4)));
      };
      const closed = () => settle(() => reject(new Error("the connection was closed instead of an answer")));
      this.#socket.on("data", take).once("close", closed).once("error", reject);
    });
    this.#socket.write(framed(Buffer.concat([header, body])));
    return answer;
  }

  /** Says who it is, as a client of SASL PLAIN does. Throws with what the broker says if it does not believe it. */
  async authenticate(user: string, password: string): Promise<void> {
    const handshake = await this.request(17, 1, text("PLAIN"));
    if (handshake.readInt16BE(0) !== 0) throw new Error(`SASL: error ${handshake.readInt16BE(0)}`);
    const token = Buffer.from(`\0${user}\0${password}`);
    const answer = new WireReader(await this.request(36, 0, Buffer.concat([int32(token.length), token])));
    const error = answer.int16();
    if (error !== 0) throw new Error(`SASL: error ${error}: ${answer.string()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}
