import { randomUUID } from "node:crypto";

/** What an endpoint of the simulator answers. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** IBM Cloud's token service: API keys for tokens that end after `lifeSeconds`. */
export class Iam {
  apiKey = "simulated+/=& key";
  lifeSeconds = 3600;
  /** Tokens in the order in which they were given out. */
  readonly issued: string[] = [];
  readonly #ends = new Map<string, number>();
  readonly #now: () => number;

  /** `now` is in ms since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  exchange(contentType: string | undefined, body: string): Reply {
    const form = new URLSearchParams(body);
    if (contentType !== "application/x-www-form-urlencoded") return refusal(415, "BXNIM0109E", "Content type is not supported.");
    if (form.get("grant_type") !== "urn:ibm:params:oauth:grant-type:apikey") {
      return refusal(400, "BXNIM0104E", "Grant type is not supported.");
    }
    if (form.get("apikey") !== this.apiKey) return refusal(400, "BXNIM0415E", "Provided API key could not be found.");
    const token = `token-${this.issued.length + 1}.${randomUUID()}`;
    const ends = this.#now() + this.lifeSeconds * 1000;
    this.issued.push(token);
    this.#ends.set(token, ends);
    const expires = { expires_in: this.lifeSeconds, expiration: Math.floor(ends / 1000) };
    return { status: 200, body: { access_token: token, refresh_token: "not_supported", token_type: "Bearer", ...expires } };
  }

  /** Ends every token before its time, as the deletion of a session does. */
  revoke(): void {
    this.#ends.clear();
  }

  admits(authorization: string | undefined): boolean {
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    return token !== undefined && this.#now() < (this.#ends.get(token) ?? Number.NEGATIVE_INFINITY);
  }
}

function refusal(status: number, errorCode: string, errorMessage: string): Reply {
  return { status, body: { errorCode, errorMessage } };
}
