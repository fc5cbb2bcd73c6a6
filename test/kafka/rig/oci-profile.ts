import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import type { Issued } from "../../simulators/oci/certificates.ts";
import { API, Frames, framed, int16, int32, type RequestHeader, readHeader, varint, WireReader } from "./wire.ts";

/** What OCI Streaming does not have: the idempotent producer, transactions, groups that the broker shares out, partitions added later. */
const MISSING: ReadonlySet<number> = new Set([
  ...[API.initProducerId, API.addPartitionsToTxn, API.addOffsetsToTxn, API.endTxn, API.writeTxnMarkers, API.txnOffsetCommit],
  ...[API.describeTransactions, API.listTransactions, API.consumerGroupHeartbeat, API.consumerGroupDescribe],
  API.createPartitions,
]);
/** The limits that its documentation names. */
const REQUEST_BYTES = 1_048_576;
const COMMITS_A_SECOND = 10;
const HEARTBEATS_A_SECOND = 5;
const FETCHES_A_SECOND = 5;

/**
 * TLS in front of a broker, as OCI Streaming has it: a request for what is not there, one that is too large, and a commit too many close the
 * connection; a fetch too many waits for its second. `broken` has a line for each time that a limit was broken.
 */
export class OciProfile {
  readonly ports: readonly number[];
  readonly broken: string[] = [];
  /** The auth token that users have now. One that is made anew is as long as the brokers'; whoever is connected with the old one stays so. */
  token: string;
  readonly #servers: readonly Server[];
  readonly #upstream: number[] = [];
  readonly #sockets = new Set<Socket>();
  /** When the last requests of a kind were made, by what they are limited for. */
  readonly #recent = new Map<string, number[]>();
  /** The most of a kind that were made in one second for one group, or one partition. */
  readonly #most = new Map<string, number>();
  #cutting: NodeJS.Timeout | undefined;

  readonly #own: string;

  private constructor(servers: readonly Server[], token: string) {
    this.#servers = servers;
    [this.#own, this.token] = [token, token];
    this.ports = servers.map((server) => (server.address() as { port: number }).port);
    for (const [index, server] of servers.entries()) server.on("secureConnection", (socket) => this.#serve(socket, index));
  }

  /** `token`: of the brokers' user. */
  static async open({ certificate, key }: Issued, count: number, token: string): Promise<OciProfile> {
    const servers = Array.from({ length: count }, () => createServer({ cert: certificate, key }));
    // A client that goes away while it says hello is none of the test's business.
    for (const server of servers) server.on("tlsClientError", () => {}).listen(0, "127.0.0.1");
    await Promise.all(servers.map((server) => once(server, "listening")));
    return new OciProfile(servers, token);
  }

  forward(index: number, port: number): void {
    this.#upstream[index] = port;
  }

  /** How many of a kind were made within one second, at the most, for one group (commits), member of one (heartbeats) or partition (fetches). */
  most(kind: "commit" | "heartbeat" | "fetch"): number {
    return this.#most.get(kind) ?? 0;
  }

  /** Closes every connection, as the service does now and then. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes every connection so often; never again for `undefined`. */
  cutEvery(ms: number | undefined): void {
    clearInterval(this.#cutting);
    this.#cutting = ms === undefined ? undefined : setInterval(() => this.cut(), ms);
  }

  async close(): Promise<void> {
    this.cutEvery(undefined);
    this.cut();
    await Promise.all(this.#servers.map((server) => (server.listening ? server[Symbol.asyncDispose]() : undefined)));
  }

  #serve(client: Socket, index: number): void {
    const broker = connect(this.#upstream[index] ?? 0, "127.0.0.1");
    const asked = new Map<number, RequestHeader>();
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(one);
      // Whatever ends one side ends the other.
      one
        .on("error", () => {})
        .on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
    }
    const requests = new Frames();
    let turn = Promise.resolve();
    client.on("data", (chunk: Buffer) => {
      for (const frame of requests.take(chunk)) {
        const header = readHeader(frame);
        const refusal = this.#refusal(header, frame);
        if (refusal !== undefined) {
          this.broken.push(refusal);
          client.destroy();
          return;
        }
        if (header.api === API.saslAuthenticate) this.#exchange(frame);
        if (header.api === API.apiVersions) asked.set(header.correlation, header);
        const delayMs = header.api === API.fetch ? this.#fetchDelay(header) : 0;
        turn = turn.then(async () => {
          if (delayMs > 0) await sleep(delayMs);
          if (!broker.destroyed) broker.write(framed(frame));
        });
      }
    });
    const answers = new Frames();
    broker.on("data", (chunk: Buffer) => {
      for (const frame of answers.take(chunk)) {
        const correlation = frame.readInt32BE(0);
        const header = asked.get(correlation);
        asked.delete(correlation);
        client.write(framed(header === undefined ? frame : withoutMissing(frame, header.version)));
      }
    });
  }

  /** The token of now is the brokers' to them, and the brokers' own is none when there is another. */
  #exchange(frame: Buffer): void {
    if (this.token === this.#own) return;
    const [now, before] = [frame.indexOf(this.token), frame.indexOf(this.#own)];
    if (now !== -1) frame.write(this.#own, now);
    else if (before !== -1) frame.fill("-", before, before + this.#own.length);
  }

  #refusal({ api, flexible, body }: RequestHeader, frame: Buffer): string | undefined {
    if (MISSING.has(api)) return `request ${api} is not there`;
    if (frame.length > REQUEST_BYTES) return `a request of ${frame.length} bytes`;
    if (api === API.createTopics && frame.includes("cleanup.policy") && frame.includes("compact")) return "a compacted topic";
    if (api !== API.offsetCommit && api !== API.heartbeat) return;
    const kind = api === API.offsetCommit ? "commit" : "heartbeat";
    const text = () => (flexible ? body.compactString() : body.string());
    const group = text();
    body.skip(4);
    const count = this.#count(kind, api === API.offsetCommit ? group : `${group} ${text()}`);
    if (count > (api === API.offsetCommit ? COMMITS_A_SECOND : HEARTBEATS_A_SECOND))
      return `${count} ${kind}s within a second in group ${group}`;
    return;
  }

  /** How long a fetch waits so that none of its partitions is asked for more often than may be. */
  #fetchDelay(header: RequestHeader): number {
    const most = Math.max(0, ...partitionsOf(header).map((partition) => this.#count("fetch", partition)));
    if (most <= FETCHES_A_SECOND) return 0;
    return 1000 / FETCHES_A_SECOND;
  }

  #count(kind: string, of: string): number {
    const key = `${kind} ${of}`;
    const now = performance.now();
    const recent = (this.#recent.get(key) ?? []).filter((at) => now - at < 1000);
    recent.push(now);
    this.#recent.set(key, recent);
    this.#most.set(kind, Math.max(this.#most.get(kind) ?? 0, recent.length));
    return recent.length;
  }
}

/** The partitions that a fetch names; none of one that goes on with what an earlier one named. */
function partitionsOf({ version, flexible, body }: RequestHeader): string[] {
  if (version < 15) body.int32();
  body.skip(4 + 4);
  if (version >= 3) body.skip(4);
  if (version >= 4) body.skip(1);
  if (version >= 7) body.skip(8);
  const length = () => (flexible ? body.varint() - 1 : body.int32());
  const partitions: string[] = [];
  for (let topics = length(); topics > 0; topics -= 1) {
    const topic = version >= 13 ? topicId(body) : flexible ? body.compactString() : body.string();
    for (let count = length(); count > 0; count -= 1) {
      partitions.push(`${topic}:${body.int32()}`);
      if (version >= 9) body.skip(4);
      body.skip(8);
      if (version >= 12) body.skip(4);
      if (version >= 5) body.skip(8);
      body.skip(4);
      if (flexible) body.tags();
    }
    if (flexible) body.tags();
  }
  return partitions;
}

const topicId = (body: WireReader): string => Array.from({ length: 4 }, () => body.int32().toString(16)).join("-");

/** The answer to what the broker can do, without what is not there. `frame` begins with the correlation. */
function withoutMissing(frame: Buffer, version: number): Buffer {
  const answer = new WireReader(frame, 4);
  const error = answer.int16();
  const flexible = version >= 3 && error === 0;
  const kept: Buffer[] = [];
  for (let count = flexible ? answer.varint() - 1 : answer.int32(); count > 0; count -= 1) {
    const from = answer.position;
    const api = answer.int16();
    answer.skip(4);
    if (flexible) answer.tags();
    if (!MISSING.has(api)) kept.push(frame.subarray(from, answer.position));
  }
  const count = flexible ? varint(kept.length + 1) : int32(kept.length);
  return Buffer.concat([frame.subarray(0, 4), int16(error), count, ...kept, frame.subarray(answer.position)]);
}
