import type { Reply } from "./iam.ts";

/** A log as it was sent. */
export interface Log {
  readonly applicationName: string;
  readonly subsystemName: string;
  readonly text: string | object;
  readonly severity?: number;
  readonly timestamp?: number;
  readonly hiResTimestamp?: string;
  readonly computerName?: string;
}

/** From the service's documentation: sizes of a request and of a log in bytes, ingestion in bytes a second, times in ms. */
const REQUEST = 2_000_000;
const LOG = 32_000;
const RATE = 3 * 1024 * 1024;
const OLDEST = 24 * 60 * 60 * 1000;
const FARTHEST = 4 * 60 * 60 * 1000;

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  applicationName: (value) => typeof value === "string" && value !== "",
  subsystemName: (value) => typeof value === "string" && value !== "",
  text: (value) => (typeof value === "string" && value !== "") || (typeof value === "object" && value !== null),
  severity: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 6,
  timestamp: (value) => typeof value === "number",
  hiResTimestamp: (value) => typeof value === "string" && /^\d{19}$/.test(value),
  computerName: (value) => typeof value === "string",
};
const REQUIRED = ["applicationName", "subsystemName", "text"];

/** The `singles` endpoint of an instance: takes a request as a whole or refuses it as a whole. */
export class CloudLogs {
  readonly logs: Log[] = [];
  /** How many logs each request had that was taken. */
  readonly taken: number[] = [];
  /** Bytes that may come in at once; they grow by the rate. */
  #allowance = RATE;
  #refilled = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  /** `now` is in ms since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  singles(contentType: string | undefined, body: string): Reply {
    const bytes = Buffer.byteLength(body);
    if (contentType !== "application/json") return refusal(415, "unsupported media type");
    if (bytes > REQUEST) return refusal(413, `request of ${bytes} bytes is larger than 2MB`);
    if (!this.#admits(bytes)) return { ...refusal(429, "ingestion rate exceeded"), headers: { "retry-after": "1" } };
    let logs: unknown;
    try {
      logs = JSON.parse(body);
    } catch {
      return refusal(400, "body is no JSON");
    }
    if (!Array.isArray(logs)) return refusal(400, "body is no array");
    for (const [index, log] of logs.entries()) {
      const fault = this.#faultOf(log);
      if (fault !== undefined) return refusal(400, `log ${index}: ${fault}`);
    }
    this.logs.push(...(logs as Log[]));
    this.taken.push(logs.length);
    return { status: 200, body: {} };
  }

  #admits(bytes: number): boolean {
    const now = this.#now();
    this.#allowance = Math.min(RATE, this.#allowance + ((now - this.#refilled) / 1000) * RATE);
    this.#refilled = now;
    if (bytes > this.#allowance) return false;
    this.#allowance -= bytes;
    return true;
  }

  #faultOf(log: unknown): string | undefined {
    if (typeof log !== "object" || log === null) return "is no object";
    if (Buffer.byteLength(JSON.stringify(log)) > LOG) return "is larger than 32 KB";
    const missing = REQUIRED.find((name) => !(name in log));
    if (missing !== undefined) return `${missing} is missing`;
    for (const [name, value] of Object.entries(log)) {
      if (KINDS[name]?.(value) !== true) return `${name} is not as expected`;
    }
    const { timestamp, hiResTimestamp } = log as Log;
    const time = timestamp ?? this.#now();
    if (hiResTimestamp !== undefined && hiResTimestamp.slice(0, -6) !== String(Math.trunc(time))) return "has two times";
    if (time < this.#now() - OLDEST) return "is older than 24 hours";
    return time > this.#now() + FARTHEST ? "is more than 4 hours ahead" : undefined;
  }
}

function refusal(status: number, message: string): Reply {
  return { status, body: { message } };
}
