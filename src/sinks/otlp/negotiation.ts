import type { Payload } from "../../contracts/sink.ts";
import { drawerOf, Failure } from "../../lib/errors.ts";
import { type Coding, type Compress, decompressed } from "./compression.ts";
import type { Settings } from "./settings.ts";

/** A receiver is asked when it has taken so many requests: who sends little does not ask. */
const ASKED_AFTER = 20;

/** Requests of one resource without a record, as they are before they are compressed. */
const NOTHING: Readonly<Record<Settings["encoding"], Uint8Array<ArrayBuffer>>> = {
  protobuf: Uint8Array.of(0x0a, 0x00),
  json: new Uint8Array(Buffer.from('{"resourceLogs":[{}]}')),
};

/** Sends a payload and judges the answer: rejects with a Failure where it was not taken. */
export type Send<Result = unknown> = (payload: Payload) => Promise<Result>;

/**
 * Which compression one receiver takes. Where the settings leave it open, requests are compressed with gzip until the receiver has shown
 * that it reads zstd: it refuses what is called zstd and is none, and takes the same once it is. One that says yes to both has read neither,
 * as one that looks at no body does, and gets gzip. What was shown holds until an exchange fails, for another receiver may answer
 * afterwards, or until zstd is refused that is taken in gzip: so a record is never refused for how it is compressed.
 */
export class Negotiation {
  readonly #isOpen: boolean;
  readonly #nothing: Payload;
  readonly #compress: Compress;
  readonly #ask: Send;
  readonly #onGzip: () => void;
  #current: Coding | undefined;
  /** Requests that were taken since nothing is known of the receiver; undefined while it is asked, and when it has answered. */
  #taken: number | undefined = 0;

  /** `ask` is used beside what is delivered, and `onGzip` told when zstd is not taken any more. */
  constructor(
    { compression, encoding }: Pick<Settings, "compression" | "encoding">,
    compress: Compress,
    ask: Send,
    onGzip: () => void,
  ) {
    this.#isOpen = compression === "auto";
    this.#nothing = { records: 0, parts: [NOTHING[encoding]] };
    this.#current = compression === "auto" ? "gzip" : compression === "none" ? undefined : compression;
    this.#compress = compress;
    this.#ask = ask;
    this.#onGzip = onGzip;
  }

  /** With which payloads are to be compressed from now on; undefined for not at all. */
  get current(): Coding | undefined {
    return this.#current;
  }

  /** Sends a payload, in another form if need be. Rejects as `send` does. */
  async deliver<Result>(payload: Payload, send: Send<Result>): Promise<Result> {
    if (!this.#isOpen) return send(payload);
    try {
      const result = await this.#deliver(payload, send);
      this.#wasTaken();
      return result;
    } catch (error) {
      if (drawerOf(error) !== "batch" && !isOverload(error)) this.#forget();
      throw error;
    }
  }

  async #deliver<Result>(payload: Payload, send: Send<Result>): Promise<Result> {
    if (payload.coding !== "zstd") return send(payload);
    if (this.#current === "zstd") {
      try {
        return await send(payload);
      } catch (error) {
        if (!isOfForm(error)) throw error;
      }
    }
    const result = await send(await this.#compress(await decompressed(payload), "gzip"));
    if (this.#current === "zstd") this.#onGzip();
    this.#current = "gzip";
    return result;
  }

  #forget(): void {
    if (this.#current === "zstd") this.#taken = 0;
    this.#current = "gzip";
  }

  #wasTaken(): void {
    if (this.#taken === undefined) return;
    this.#taken += 1;
    if (this.#taken < ASKED_AFTER) return;
    this.#taken = undefined;
    void this.#find();
  }

  /** Asks the receiver; where its answers say nothing it is asked again, after as many requests. */
  async #find(): Promise<void> {
    const takesFalse = await this.#takes({ ...this.#nothing, coding: "zstd" });
    const takesTrue = takesFalse === false ? await this.#takes(await this.#compress(this.#nothing, "zstd")) : false;
    if (takesFalse === undefined || takesTrue === undefined) this.#taken = 0;
    else if (takesTrue) this.#current = "zstd";
  }

  /** Whether it takes such a request; undefined where its answer is of something else. */
  async #takes(payload: Payload): Promise<boolean | undefined> {
    try {
      await this.#ask(payload);
      return true;
    } catch (error) {
      return isOfForm(error) ? false : undefined;
    }
  }
}

/** Whether a request was refused for what is in it, or may have been. */
function isOfForm(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.drawer === "batch" || error.drawer === "not-understood" || error.code === "otlp-http-415";
}

/** Of a receiver that is there. */
function isOverload(error: unknown): boolean {
  return error instanceof Failure && error.code === "otlp-http-429";
}
