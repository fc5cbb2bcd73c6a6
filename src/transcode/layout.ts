import { type FieldName, isFrom, isOfContext } from "../flow/fields.ts";
import type { Mapping } from "../formats/mapping.ts";
import type { Attribute, Schema } from "../schemas/schema.ts";

/** Attributes whose values the kernel writes, in the order in which it has what stands in front of them. */
export const VALUES = [
  "source.address",
  "source.port",
  "destination.address",
  "destination.port",
  "flow.bytes",
  "flow.packets",
  "flow.start",
  "flow.end",
  "flow.id",
] as const;

/** What tables say of one end of a flow by its address; further columns come last. */
const ofEnd = (end: "source" | "destination"): string[] => [
  `flow.${end}.server`,
  `flow.${end}.network`,
  ...(end === "destination" ? ["flow.destination.approved"] : []),
  `${end}.geo.country.iso_code`,
  `${end}.as.number`,
  `${end}.as.organization.name`,
  `flow.${end}.`,
];
export const OF_SOURCE = ofEnd("source");
export const OF_DESTINATION = ofEnd("destination");
export const OF_SUBNET = ["flow.subnet.name"];

/** The attributes that a record may have behind those of its context and those with few values, in the order in which the kernel writes them. */
const WRITTEN = [
  "log.record.uid",
  ...VALUES.slice(0, -1),
  "flow.protocol.number",
  "flow.protocol.name",
  "flow.source.service",
  "flow.destination.service",
  ...OF_SOURCE,
  ...OF_DESTINATION,
  "flow.id",
  ...OF_SUBNET,
  "flow.lookups.version",
];

/** Those with few values, of which the kernel asks by what it knows of a flow: see `combined` of its host. */
const ASKED = [
  ...["flow.action", "flow.status", "network.transport", "network.type", "network.io.direction", "flow.direction"],
  ...["flow.traffic_type", "flow.initiator", "flow.source.zone", "flow.destination.zone"],
];

/** What rules of a network say: where there are some, the kernel takes no record. */
const OF_RULES = /^flow\.rule\./;

/** Members of an event that the kernel passes over, whatever they say. */
const PASSED_OVER = ["data.version", "id", "source", "specversion"];

/** The attributes that the kernel does not write: none of its records has one. */
export function unwritten({ attributes }: Schema): readonly Attribute[] {
  const written = [...WRITTEN, ...ASKED];
  return attributes.filter(({ name, varies }) => varies !== "context" && varies !== "never" && !written.includes(name));
}

/** Why records of this schema cannot be written by the kernel as the program writes them; undefined where they can. */
export function misfit(schema: Schema, { record }: Mapping): string | undefined {
  const names = schema.attributes.map(({ name }) => name).filter((name) => WRITTEN.includes(name));
  if (names.join() !== WRITTEN.join()) return `it writes ${WRITTEN.join(", ")}, and the schema has ${names.join(", ")}`;
  const unknown = unwritten(schema).find(({ name, fields }) => !OF_RULES.test(name) && !fields.every(isAbsentOrSeen));
  if (unknown !== undefined) return `it is not told what becomes of ${unknown.name}`;
  const read = [...record.fields, ...record.times, ...record.contexts].find(({ name }) => PASSED_OVER.includes(name));
  return read && `it passes over ${read.name}, which the mapping reads`;
}

/**
 * Of a field that the decoder fills the host sees with a block of metadata whether its records have one, and leaves these; contexts it writes
 * itself; and where detections or the sink's options say something of records, the kernel takes none.
 */
const isAbsentOrSeen = (field: FieldName) =>
  isOfContext(field) || isFrom(field, "decoder") || isFrom(field, "detection") || isFrom(field, "sink");
