import type { EventForm } from "../../contracts/object-event.ts";
import { isObject } from "../../intake/events/read.ts";

/** What Code Engine sends to an app, or puts into `CE_DATA` of a job, for a subscription to a bucket of Cloud Object Storage. */
export const codeEngine: EventForm = {
  name: "code-engine",
  read({ bucket, key, operation, notification }) {
    if (typeof bucket !== "string" || typeof key !== "string") return undefined;
    if (typeof operation !== "string" || !isObject(notification)) return undefined;
    return operation === "Object:Write" ? [{ bucket, key }] : [];
  },
};
