import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { ListPage, ObjectRef, SourceEvent } from "../../contracts.ts";
import { PermanentError, RetryableError } from "../../errors.ts";
import type { Piece } from "../resuming-read.ts";

/** A page of a listing that was asked for with url-encoded keys. Keys that are not UTF-8 are reported and left out. */
export function toPage(answer: ListObjectsV2CommandOutput, name: string, onEvent: (event: SourceEvent) => void): ListPage {
  const decode = (key: string | undefined): string[] => {
    if (key === undefined) throw new RetryableError("bad-answer", `the listing of ${name} holds an entry without a key`);
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
      if (ETag === undefined || Size === undefined || LastModified === undefined) {
        throw new RetryableError("bad-answer", `the listing of ${name} says of ${key} no ETag, Size or LastModified`);
      }
      return { key, etag: unquoted(ETag), size: Size, time: LastModified.getTime() };
    }),
  );
  return { objects, prefixes: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => decode(Prefix)) };
}

/** The bytes of an answer, if it holds what was asked for: this version, from this byte on. */
export function toPiece(object: ObjectRef, answer: GetObjectCommandOutput, from: number, total: number | undefined): Piece {
  const { Body, ETag, ContentLength, ContentRange } = answer;
  const bytes = Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
  if (ETag !== undefined && unquoted(ETag) !== object.etag) {
    bytes?.destroy();
    throw changed(object);
  }
  if (bytes === undefined || (total !== undefined && ContentRange !== `bytes ${from}-${total - 1}/${total}`)) {
    bytes?.destroy();
    const got = ContentRange === undefined ? "the whole object" : ContentRange;
    throw new RetryableError("bad-answer", `GetObject ${object.key}: asked for bytes ${from} to ${total} and got ${got}`);
  }
  return { bytes, total: total ?? ContentLength ?? object.size };
}

export function changed({ key, etag }: ObjectRef, cause?: unknown): PermanentError {
  return new PermanentError("object-changed", `${key} was replaced after it was listed: its entity tag is no longer ${etag}`, {
    cause,
  });
}

const unquoted = (etag: string) => etag.replaceAll('"', "");
