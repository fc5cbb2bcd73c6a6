/** What a value is, for whoever writes, compares or counts it. */
export type Form = "string" | "number" | "counter" | "boolean" | "time" | "strings" | "columns" | "json";

interface TypeOfField {
  readonly form: Form;
  /** The only values that there are. */
  readonly words?: readonly string[];
}

/** Types of a flow's fields. A value that a flow lacks is undefined, but for `strings`: these are empty. */
export const TYPES = {
  string: { form: "string" },
  /** IPv4 or IPv6, as the log writes it. */
  address: { form: "string" },
  number: { form: "number" },
  port: { form: "number" },
  /** IANA's number. */
  protocol: { form: "number" },
  /** An unsigned 64-bit counter. */
  counter: { form: "counter" },
  boolean: { form: "boolean" },
  /** Milliseconds since the epoch. */
  time: { form: "time" },
  strings: { form: "strings" },
  columns: { form: "columns" },
  json: { form: "json" },
  objects: { form: "json" },
  rule: { form: "json" },

  action: { form: "string", words: ["accept", "reject"] },
  /** OK, or a quality record: NODATA (no traffic in the interval), SKIPDATA (flows were lost before they reached the bucket). */
  status: { form: "string", words: ["OK", "NODATA", "SKIPDATA"] },
  direction: { form: "string", words: ["ingress", "egress", "unknown"] },
  initiator: { form: "string", words: ["source", "destination", "unknown"] },
  ioDirection: { form: "string", words: ["receive", "transmit"] },
  zone: { form: "string", words: ["internal", "external", "invalid", "provider", "multicast", "broadcast"] },
  trafficType: { form: "string", words: ["east-west", "north-south"] },
  transport: { form: "string", words: ["tcp", "udp"] },
  networkType: { form: "string", words: ["ipv4", "ipv6"] },
  ruleStatus: { form: "string", words: ["matched", "reply", "unexplained"] },
  /** What a rule stands in: security list and NSG of OCI, security group and network ACL of IBM. */
  ruleKind: { form: "string", words: ["security-list", "nsg", "security-group", "network-acl"] },
} as const satisfies Record<string, TypeOfField>;

export type FieldType = keyof typeof TYPES;
/** A type with few values. */
export type WordType = { [Name in FieldType]: (typeof TYPES)[Name] extends { words: unknown } ? Name : never }[FieldType];
export type Word<Type extends WordType> = (typeof TYPES)[Type]["words"][number];

/** The values that a field of the type may have, undefined where there is no such list. */
export function wordsOf(type: FieldType): readonly string[] | undefined {
  const { words }: TypeOfField = TYPES[type];
  return words;
}

export type Action = Word<"action">;
export type Status = Word<"status">;
export type Direction = Word<"direction">;
export type Initiator = Word<"initiator">;
export type Zone = Word<"zone">;
export type TrafficType = Word<"trafficType">;
/** A number up to 2^53 - 1, above that a bigint, so that it is always exact. */
export type Counter = number | bigint;
export type Columns = Readonly<Record<string, string>>;

/** The one empty list, which flows share. */
export const NONE: readonly string[] = Object.freeze([]);
