import type { models } from "oci-objectstorage";
import type { ObjectRef } from "../../../contracts/store.ts";
import { notUnderstood } from "../../../intake/listing.ts";
import type { NotThePiece } from "../../../intake/object-reader.ts";
import type { Piece } from "../../../intake/resuming-read.ts";
import type { Answer } from "../transport.ts";

/** An object of a listing. The SDK declares dates where there are strings. */
export function toRef(summary: models.ObjectSummary, name: string): ObjectRef {
  const { name: key, etag, size } = summary;
  const time = Date.parse(String(summary.timeModified ?? summary.timeCreated));
  if (typeof key !== "string" || typeof etag !== "string" || typeof size !== "number" || Number.isNaN(time)) {
    throw notUnderstood(name, `says of ${key} no etag, size or time: ${JSON.stringify(summary).slice(0, 200)}`);
  }
  return { key, etag, size, time };
}

/** The bytes of an answer, if it holds what was asked for: this version, from this byte on. */
export async function toPiece(
  object: ObjectRef,
  body: ReadableStream<Uint8Array> | null,
  { status, headers }: Answer,
  from: number,
  total: number | undefined,
): Promise<Piece | NotThePiece> {
  const etag = headers.get("etag");
  const range = headers.get("content-range");
  const size = total ?? Number(headers.get("content-length") ?? object.size);
  const isAll = total === undefined && status === 200;
  const isRest = total !== undefined && status === 206 && range === `bytes ${from}-${total - 1}/${total}`;
  if (body !== null && etag === object.etag && (isAll || isRest)) return { bytes: body, total: size };
  await body?.cancel();
  const type = headers.get("content-type") ?? "unknown";
  if (etag !== object.etag) return { instead: `the entity tag ${etag ?? "that is none"}, and the type ${type}` };
  return { instead: `${status} ${range ?? "the whole object"}` };
}
