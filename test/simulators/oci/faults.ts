import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type RawAnswer, sendRaw } from "../raw-answer.ts";
import { ServiceError } from "./service.ts";

/** What goes wrong. Exactly one of these. */
export type FaultEffect =
  /** Answers with this status instead; `code` is taken from the status if it is not given. */
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Answers with these bytes instead, which may be made of the request's head. */
  | { readonly raw: RawAnswer | ((request: FaultSubject) => RawAnswer) }
  /** Drops the connection (TCP reset) without an answer. */
  | { readonly reset: true }
  /** Sends the head and this many bytes of the body, then drops the connection (TCP reset). */
  | { readonly resetAfterBytes: number }
  /** Sends the head and this many bytes of the body, then ends the connection in the ordinary way (TCP FIN). */
  | { readonly truncateAfterBytes: number }
  /** Never answers; the connection stays open. */
  | { readonly hang: true }
  /** Sends the head and this many bytes of the body, then nothing; the connection stays open. */
  | { readonly hangAfterBytes: number }
  /** Carries the request out, then drops the connection (TCP reset) or keeps it open without an answer. */
  | { readonly loseAnswer: "reset" | "hang" }
  /** Answers late. */
  | { readonly delayMs: number }
  /** Sends the body in pieces of this size with a pause before each. */
  | { readonly chunkBytes: number; readonly pauseMs: number };

export interface FaultMatch {
  /** Kind of request (`list`, `get`, …), or any. */
  readonly on?: string;
  /** A further condition. */
  readonly when?: (request: FaultSubject) => boolean;
  /** Lets this many matching requests pass first: 0 (the default) strikes at the next one. */
  readonly after?: number;
  /** How many matching requests it strikes; 1 by default, Infinity for all. */
  readonly times?: number;
}

export interface FaultSubject {
  readonly number: number;
  readonly kind: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const CODES: Readonly<Record<number, string>> = {
  400: "InvalidParameter",
  401: "NotAuthenticated",
  404: "NotAuthorizedOrNotFound",
  409: "ConcurrentObjectUpdate",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

/** Faults to come, each with the requests it strikes. The first fault that matches a request strikes it alone. */
export class Faults {
  #pending: { match: FaultMatch; effect: FaultEffect; pass: number; left: number }[] = [];

  add(match: FaultMatch, effect: FaultEffect): void {
    this.#pending.push({ match, effect, pass: match.after ?? 0, left: match.times ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  take(subject: FaultSubject): FaultEffect | undefined {
    for (const fault of this.#pending) {
      if (fault.left <= 0 || (fault.match.on !== undefined && fault.match.on !== subject.kind)) continue;
      if (fault.match.when !== undefined && !fault.match.when(subject)) continue;
      if (fault.pass > 0) {
        fault.pass -= 1;
        continue;
      }
      fault.left -= 1;
      return fault.effect;
    }
    return undefined;
  }
}

/** Carries out what happens before the request is looked at. Returns false if there is to be no answer. */
export async function strikeRequest(
  effect: FaultEffect | undefined,
  request: FaultSubject,
  response: ServerResponse,
): Promise<boolean> {
  if (effect === undefined) return true;
  if ("raw" in effect) {
    if (response.socket !== null) sendRaw(response.socket, typeof effect.raw === "function" ? effect.raw(request) : effect.raw);
    return false;
  }
  if ("status" in effect) {
    const code = effect.code ?? CODES[effect.status] ?? "Unknown";
    throw new ServiceError(effect.status, code, effect.message ?? `${code} (injected)`, effect.headers);
  }
  if ("reset" in effect) {
    response.socket?.resetAndDestroy();
    return false;
  }
  if ("hang" in effect) return false;
  if ("delayMs" in effect) await sleep(effect.delayMs);
  return !response.destroyed;
}

/** Carries out what happens after the request was carried out. Returns false if there is to be no answer. */
export function strikeAnswer(effect: FaultEffect | undefined, response: ServerResponse): boolean {
  if (effect === undefined || !("loseAnswer" in effect)) return true;
  if (effect.loseAnswer === "reset") response.socket?.resetAndDestroy();
  return false;
}

/** Sends a body whole, or as far and as fast as the fault lets it. Resolves when the answer, or what there is of it, has been handed to the network. */
export async function sendBody(effect: FaultEffect | undefined, response: ServerResponse, body: Uint8Array): Promise<void> {
  if (effect !== undefined && "chunkBytes" in effect) {
    for (let at = 0; at < body.length && !response.destroyed; at += effect.chunkBytes) {
      await sleep(effect.pauseMs);
      await write(response, body.subarray(at, at + effect.chunkBytes));
    }
    response.end();
    return;
  }
  const cut = cutOf(effect);
  if (cut === undefined) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  await write(response, body.subarray(0, cut));
  if (effect !== undefined && "hangAfterBytes" in effect) return;
  // Lets the bytes reach the other side before the connection goes.
  await sleep(20);
  if (effect !== undefined && "resetAfterBytes" in effect) response.socket?.resetAndDestroy();
  else response.socket?.destroySoon();
}

function cutOf(effect: FaultEffect | undefined): number | undefined {
  if (effect === undefined) return undefined;
  if ("resetAfterBytes" in effect) return effect.resetAfterBytes;
  if ("truncateAfterBytes" in effect) return effect.truncateAfterBytes;
  return "hangAfterBytes" in effect ? effect.hangAfterBytes : undefined;
}

function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    // A client that has gone away is no failure of the server.
    response.write(bytes, () => resolve());
  });
}
