import type { EventForm } from "../../contracts/object-event.ts";
import { isObject } from "../../intake/events/read.ts";

/** Events of S3 as EventBridge passes them on. The key is written as it is. */
export const eventBridge: EventForm = {
  name: "eventbridge",
  read(message) {
    if (message.source !== "aws.s3" || !isObject(message.detail)) return undefined;
    const { bucket, object } = message.detail;
    if (message["detail-type"] !== "Object Created") return [];
    if (!isObject(bucket) || !isObject(object)) return undefined;
    if (typeof bucket.name !== "string" || typeof object.key !== "string") return undefined;
    return [{ bucket: bucket.name, key: object.key }];
  },
};
