import { createHash } from "node:crypto";
import { type Call, type Reply, ServiceError } from "../../service.ts";

const LIFETIME_MS = 24 * 3_600_000;
const LONGEST_TOKEN = 64;

/** Answers a request whose token was used within 24 hours as it was answered then, without carrying it out again. */
export class RetryTokens {
  readonly #used = new Map<string, { at: number; digest: string; reply: Reply }>();
  readonly #now: () => number;
  /** How many requests were recognised as repetitions. */
  repeated = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** As after these 24 hours. */
  forget(): void {
    this.#used.clear();
  }

  async once(call: Call, carryOut: () => Reply | Promise<Reply>): Promise<Reply> {
    const token = call.headers["opc-retry-token"];
    if (typeof token !== "string") return carryOut();
    if (token.length > LONGEST_TOKEN) {
      throw new ServiceError(400, "InvalidParameter", `opc-retry-token is longer than ${LONGEST_TOKEN} characters`);
    }
    const key = `${call.method} ${call.url.split("?", 1)[0]} ${call.principal?.tenancy} ${token}`;
    const digest = createHash("sha256").update(call.url).update("\0").update(call.body).digest("hex");
    const earlier = this.#used.get(key);
    if (earlier !== undefined && this.#now() - earlier.at < LIFETIME_MS) {
      if (earlier.digest !== digest) {
        const message = "The provided retry token was used in an earlier request that resulted in a system update";
        throw new ServiceError(409, "InvalidatedRetryToken", message);
      }
      this.repeated += 1;
      return earlier.reply;
    }
    const reply = await carryOut();
    this.#used.set(key, { at: this.#now(), digest, reply });
    return reply;
  }
}
