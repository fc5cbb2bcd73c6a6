import type { ObjectRef } from "../contracts/store.ts";
import { Failure } from "../lib/errors.ts";
import { type Piece, resumingRead } from "./resuming-read.ts";

/** An answer to the reading of an object that is not its bytes, from the byte on that was asked for. */
export type NotThePiece =
  /** The store says that it has no such object, or no such version. */
  | { readonly absent: Failure }
  /** Something that is not the object's: another version, or from something in between; in words. */
  | { readonly instead: string };

export interface ObjectRequests {
  /** Where the objects are, for messages: `in bucket flows`. */
  readonly place: string;
  /** One request for the version that `object` names; `total` is undefined for the first one, which asks for all of it. Throws a Failure. */
  get(object: ObjectRef, from: number, total: number | undefined, signal: AbortSignal): Promise<Piece | NotThePiece>;
  /** The object as the listing has it now. */
  find(key: string, signal: AbortSignal): Promise<ObjectRef | undefined>;
}

/** Statuses that say that there is no such object, no such version, or no such bytes of it. */
const ABSENT = new Set([404, 412, 416]);

/** What `get` makes of a failure with that status. */
export function absentOrThrow(failure: unknown, status: number | undefined): NotThePiece {
  if (failure instanceof Failure && failure.drawer === "object" && ABSENT.has(status ?? 0)) return { absent: failure };
  throw failure;
}

/**
 * The bytes of an object, taken up again where the connection breaks. Whether an object that could not be had is gone says the listing: a
 * store may lack for a moment what it has just listed, and an answer that is not the object's may come from something in between.
 */
export async function openObject(
  requests: ObjectRequests,
  object: ObjectRef,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const operation = `GetObject ${object.key}`;
  const get = async (from: number, total: number | undefined): Promise<Piece> => {
    const answer = await requests.get(object, from, total, signal);
    if ("bytes" in answer) return answer;
    const version = `the version ${object.etag}`;
    const asked = total === undefined ? version : `bytes ${from} to ${total - 1} of ${version}`;
    const still =
      "absent" in answer
        ? answer.absent
        : notUnderstood(`${operation} ${requests.place}: asked for ${asked}, got ${answer.instead}`);
    throw absenceOf(object, await requests.find(object.key, signal), still);
  };
  return resumingRead(operation, await get(0, undefined), get, signal);
}

function absenceOf({ key, etag }: ObjectRef, listed: ObjectRef | undefined, still: Failure): Failure {
  if (listed?.etag === etag) return still;
  const options = { cause: still, gone: true };
  if (listed === undefined) return new Failure("object", "object-vanished", `${key} was deleted after it was listed`, options);
  const message = `${key} was replaced after it was listed: its entity tag is no longer ${etag}`;
  return new Failure("object", "object-changed", message, options);
}

function notUnderstood(what: string): Failure {
  return new Failure("not-understood", "bad-answer", `${what}; check endpoint, and what stands between`);
}
