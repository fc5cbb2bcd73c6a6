import type { Plan } from "../sinks/otlp/plan.ts";

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

/** Whether the kernel writes the attributes of this schema, in its order. See `unwritten` for others. */
export function isWritten({ steps }: Plan): boolean {
  const names = steps.map(({ name }) => name).filter((name) => WRITTEN.includes(name));
  return names.join() === WRITTEN.join();
}

/** The attributes that the kernel does not write: none of its records has one. */
export function unwritten({ steps }: Plan): Plan["steps"] {
  return steps.filter(({ name }) => !WRITTEN.includes(name));
}
