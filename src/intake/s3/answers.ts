import type { Readable } from "node:stream";
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { SourceEvent } from "../../contracts/source.ts";
import type { ListPage, ObjectRef } from "../../contracts/store.ts";
import { notUnderstood } from "../listing.ts";
import type { NotThePiece } from "../object-reader.ts";
import type { Piece } from "../resuming-read.ts";

/** A page of a listing that was asked for with url-encoded keys. Keys that are not UTF-8 are reported and left out. */
export function toPage(answer: ListObjectsV2CommandOutput, name: string, onEvent: (event: SourceEvent) => void): ListPage {
  const decode = (key: string | undefined): string[] => {
    if (key === undefined) throw notUnderstood(name, "holds an entry without a key");
    if (answer.EncodingType !== "url") return [key];
    try {
      return [decodeURIComponent(key.replaceAll("+", " "))];
    } catch {
      onEvent({ kind: "passed-over", key, message: "not read: its key (here url-encoded) is not UTF-8" });
      return [];
    }
  };
  const objects = (answer.Contents ?? []).flatMap(({ Key, ETag, Size, LastModified }) =>
    decode(Key).map((key) => {
      const time = LastModified?.getTime();
      if (ETag === undefined || Size === undefined || !(Size >= 0) || time === undefined || Number.isNaN(time)) {
        throw notUnderstood(name, `says of ${key} no ETag, Size or LastModified`);
      }
      return { key, etag: unquoted(ETag), size: Size, time };
    }),
  );
  if ((answer.KeyCount ?? 0) > 0 && !answer.Contents?.length && !answer.CommonPrefixes?.length) {
    throw notUnderstood(name, `counts ${answer.KeyCount} keys and holds none`);
  }
  return { objects, prefixes: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => decode(Prefix)) };
}

/** The bytes of an answer, if it holds what was asked for: this version, from this byte on. */
export function toPiece(
  object: ObjectRef,
  answer: GetObjectCommandOutput,
  from: number,
  total: number | undefined,
): Piece | NotThePiece {
  const { Body, ETag, ContentLength, ContentRange, ContentType } = answer;
  const bytes = Body as Readable | undefined;
  const size = total ?? ContentLength ?? object.size;
  const range = `bytes ${from}-${size - 1}/${size}`;
  const isRange = total === undefined ? ContentRange === undefined || ContentRange === range : ContentRange === range;
  if (bytes !== undefined && ETag !== undefined && unquoted(ETag) === object.etag && isRange) return { bytes, total: size };
  // What is let go says so as an error, which nobody else is there to hear.
  bytes?.on("error", () => {}).destroy();
  if (ETag === undefined) return { instead: `an answer without an entity tag, of type ${ContentType ?? "unknown"}` };
  if (unquoted(ETag) !== object.etag) return { instead: `the entity tag ${ETag}, and the type ${ContentType ?? "unknown"}` };
  return { instead: ContentRange === undefined ? "the whole object" : ContentRange };
}

/** A proxy that compresses makes a tag weak. */
const unquoted = (etag: string) => etag.replace(/^W\//, "").replaceAll('"', "");
