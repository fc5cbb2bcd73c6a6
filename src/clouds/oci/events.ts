import type { EventForm } from "../../contracts/object-event.ts";
import { isObject } from "../../intake/events/read.ts";

const SERVICE = "com.oraclecloud.objectstorage.";
const STORED = new Set([`${SERVICE}createobject`, `${SERVICE}updateobject`]);

/** CloudEvents of OCI Events about Object Storage, of the version 0.1 that it sends and of 1.0. */
export const ociEvents: EventForm = {
  name: "oci-events",
  read({ eventType, type = eventType, data }) {
    if (typeof type !== "string" || !type.startsWith(SERVICE) || !isObject(data)) return undefined;
    if (!STORED.has(type)) return [];
    const { resourceName: key, additionalDetails } = data;
    if (!isObject(additionalDetails) || typeof key !== "string") return undefined;
    const { bucketName: bucket } = additionalDetails;
    return typeof bucket === "string" ? [{ bucket, key }] : undefined;
  },
};
