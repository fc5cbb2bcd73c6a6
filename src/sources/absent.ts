import type { ObjectRef } from "../contracts.ts";
import { Failure } from "../errors.ts";

/**
 * What to make of an object that its store says is not there, or is another version: the listing is the witness. A store may lack for a
 * moment what it has just listed, and an answer that is not the object's may come from something in between. `listed` is what the listing
 * says now under the key, `still` the failure if that is the very version that was asked for.
 */
export function absenceOf(object: ObjectRef, listed: ObjectRef | undefined, still: Failure): Failure {
  if (listed?.etag === object.etag) return still;
  return listed === undefined ? vanished(object, still) : changed(object, still);
}

function vanished({ key }: ObjectRef, cause: unknown): Failure {
  return new Failure("object", "object-vanished", `${key} was deleted after it was listed`, { cause, gone: true });
}

function changed({ key, etag }: ObjectRef, cause: unknown): Failure {
  const message = `${key} was replaced after it was listed: its entity tag is no longer ${etag}`;
  return new Failure("object", "object-changed", message, { cause, gone: true });
}
