import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { type Dispatcher, request } from "undici";
import { Failure } from "../../lib/errors.ts";
import { oneLine, readBody, textOf } from "../../lib/http/answers.ts";
import { drawerOfStatus, networkFailure, readRetryAfter } from "../../lib/http/failures.ts";
import { shownUrl } from "../../lib/urls.ts";
import type { OciIdentity } from "./identity.ts";

const LARGEST_ANSWER_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** A token is replaced this long before it expires, or at half of its life if that is shorter. */
const RENEWAL_MARGIN_MS = 120_000;
/** How long a token is used that does not say when it expires. */
const UNKNOWN_LIFE_MS = 600_000;

/** For the dispatchers of token exchanges. */
export const exchangeLimits = {
  connect: { timeout: CONNECT_TIMEOUT_MS },
  headersTimeout: ANSWER_TIMEOUT_MS,
  bodyTimeout: ANSWER_TIMEOUT_MS,
  maxResponseSize: LARGEST_ANSWER_BYTES,
};

/** When the token of a key id `ST$…` expires, in ms since the epoch; undefined if it does not say. */
export function tokenExpiry(keyId: string): number | undefined {
  const claims = keyId.split(".")[1] ?? "";
  try {
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

interface Session {
  readonly keyId: string;
  readonly privateKey: string;
  readonly renewAt: number;
}

/**
 * A key pair of its own and a token for it, both replaced together before the token expires. The SDK's providers for this
 * replace the key while other requests are being signed, print to stdout, and know neither proxies nor time limits.
 */
export function tokenSession(
  exchange: (publicKey: Buffer, signal: AbortSignal) => Promise<string>,
): Pick<OciIdentity, "provider" | "prepare" | "renew"> {
  let session: Session | undefined;
  const current = (): Session => {
    if (session === undefined) throw new Error("prepare() has to be awaited before a request is signed");
    return session;
  };
  const start = async (signal: AbortSignal): Promise<Session> => {
    const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const keyId = `ST$${await exchange(publicKey.export({ type: "spki", format: "der" }), signal)}`;
    const life = (tokenExpiry(keyId) ?? Date.now() + UNKNOWN_LIFE_MS) - Date.now();
    return {
      keyId,
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      renewAt: Date.now() + life - Math.min(RENEWAL_MARGIN_MS, life / 2),
    };
  };
  return {
    provider: {
      getKeyId: async () => current().keyId,
      getPrivateKey: () => current().privateKey,
      getPassphrase: () => null,
    },
    async prepare(signal: AbortSignal): Promise<void> {
      if (session === undefined || session.renewAt <= Date.now()) session = await start(signal);
    },
    async renew(refusedKeyId: string, signal: AbortSignal): Promise<boolean> {
      if (session === undefined || session.keyId === refusedKeyId) session = await start(signal);
      return true;
    },
  };
}

/** An HTTP exchange whose failure says who did not answer, with what, and what to do. */
export async function exchangeText(
  url: string,
  options: Omit<Dispatcher.RequestOptions, "origin" | "path" | "method"> & {
    method?: "POST";
    dispatcher: Dispatcher;
    signal: AbortSignal;
  },
  who: string,
  advice: string,
): Promise<string> {
  const { signal } = options;
  let answer: Dispatcher.ResponseData;
  let text: string;
  let fault: string | undefined;
  try {
    answer = await request(url, options);
    const body = await readBody(answer.body, header(answer, "content-encoding"), signal);
    text = textOf(body);
    fault = body.fault;
  } catch (cause) {
    signal.throwIfAborted();
    const { drawer } = networkFailure("network", who, url, cause);
    throw new Failure(drawer, "not-authenticated", `${who} at ${shownUrl(url)} does not answer; ${advice}`, { cause });
  }
  const { statusCode: status } = answer;
  if (status === 200 && fault === undefined) return text;
  const byStatus = drawerOfStatus(status) ?? "not-understood";
  const said = fault === undefined ? oneLine(text.slice(0, 200)) : `, and the answer ${oneLine(fault)}`;
  throw new Failure(
    byStatus === "batch" ? "person" : byStatus,
    "not-authenticated",
    `${who} at ${shownUrl(url)} answers ${status} ${said}; ${advice}`,
    { retryAfterMs: readRetryAfter(header(answer, "retry-after")) },
  );
}

const header = ({ headers }: Dispatcher.ResponseData, name: string): string | undefined => [headers[name]].flat()[0];

/** The token in an answer `{"token": "…"}`. */
export function tokenOf(json: string, who: string): string {
  let token: unknown;
  try {
    ({ token } = JSON.parse(json) as { token?: unknown });
  } catch (cause) {
    throw new Failure("not-understood", "not-authenticated", `${who} answers with something other than JSON`, { cause });
  }
  if (typeof token === "string" && token !== "") return token;
  throw new Failure("not-understood", "not-authenticated", `${who} answers without a token`);
}
