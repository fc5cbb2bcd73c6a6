import type { FieldRef } from "../../detect/fields.ts";
import type { Flow } from "../../flow/flow.ts";
import type { StoredAttributes } from "../dialect.ts";

/** Ids of the rules that a flow matched: a list, which backends keep as JSON. Rules cannot name it, and searches neither. */
export const DETECTIONS: FieldRef = {
  name: "detections",
  field: "detections",
  column: undefined,
  class: "text",
  get: (flow: Flow) => (flow.detections.length === 0 ? undefined : JSON.stringify(flow.detections)),
};

/** The attributes, and the one that holds the list. */
export function withDetections(attributes: StoredAttributes): StoredAttributes {
  const list = attributes.all.find(({ name, type }) => type === "strings" && name === "flow.detections");
  return { ...attributes, of: (ref) => (ref.field === DETECTIONS.field ? list : attributes.of(ref)) };
}
