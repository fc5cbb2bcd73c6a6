import type { Announced, EventForm } from "../../contracts/object-event.ts";
import { isObject } from "../events/read.ts";

/** `s3:ObjectCreated:Put` and its kin; AWS leaves `s3:` out of it. */
const CREATED = /^(?:s3:)?ObjectCreated:/;

/**
 * Event notifications of S3 and of stores that have its interface. A key is written as in a query string; Ceph's gateway writes it as it is.
 */
export const s3Events: EventForm = {
  name: "s3",
  read({ Records, Event, Service }) {
    if (Event === "s3:TestEvent" && Service === "Amazon S3") return [];
    if (!Array.isArray(Records)) return undefined;
    const announced: Announced[] = [];
    for (const record of Records) {
      if (!isObject(record) || !isObject(record.s3)) return undefined;
      const { bucket, object } = record.s3;
      if (!isObject(bucket) || !isObject(object)) return undefined;
      const { eventName, eventSource } = record;
      if (typeof bucket.name !== "string" || typeof object.key !== "string" || typeof eventName !== "string") return undefined;
      if (!CREATED.test(eventName)) continue;
      announced.push({ bucket: bucket.name, key: eventSource === "ceph:s3" ? object.key : unquoted(object.key) });
    }
    return announced;
  },
};

/** A key that is not written as it should be is taken as it stands. */
function unquoted(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
