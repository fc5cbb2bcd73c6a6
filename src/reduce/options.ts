import { z } from "zod";
import { FIELD_NAMES, type FieldName, fieldOf, isField, isFrom, isStored } from "../flow/fields.ts";
import { nearest } from "../lib/nearest.ts";
import { secret } from "../lib/secrets/mark.ts";

/** What a record cannot be without. */
const NEEDED: readonly FieldName[] = ["time", "status"];
const isDroppable = (name: FieldName) =>
  isStored(name) && !isFrom(name, "position") && !isFrom(name, "sink") && !NEEDED.includes(name);
/** Fields that hold addresses. */
export const ADDRESSES: readonly FieldName[] = FIELD_NAMES.filter((name) => fieldOf(name).type === "address");

const droppable = z
  .string()
  .refine((name): name is FieldName => isField(name) && isDroppable(name), { error: ({ input }) => whyNot(String(input)) });
const address = z.string().refine((name): name is FieldName => (ADDRESSES as readonly string[]).includes(name), {
  error: ({ input }) => `${JSON.stringify(input)} is no field of addresses: those are ${ADDRESSES.join(", ")}`,
});

function whyNot(name: string): string {
  if (!isField(name)) {
    const meant = nearest(name, FIELD_NAMES.filter(isDroppable));
    return `there is no field ${JSON.stringify(name)}${meant === undefined ? ": the reference lists them" : `: did you mean ${meant}?`}`;
  }
  if (isStored(name) || isFrom(name, "position")) return `no record can be without ${name}`;
  return `${name} follows from other fields: drop those (rule for all that is called rule…)`;
}

const addresses = (how: string) =>
  z
    .array(address)
    .min(1)
    .optional()
    .describe(`Which fields of addresses are ${how}; by default all of them, or those that the other block does not name`);

export const redactOptions = z
  .strictObject({
    drop: z.array(droppable).default([]).describe("Fields, by their names in the reference, that the sink does not get"),
    hash: z
      .strictObject({
        key: secret(z.string().min(16, "expected 16 characters or more")).describe(
          "Key of the hash, from the environment or a file as in ${FLOWFERRY_HASH_KEY} or ${file:/run/secrets/hash-key}: who has it can tell which address a hash is of, and another key makes other hashes",
        ),
        fields: addresses("hashed"),
      })
      .optional()
      .describe(
        "Addresses are replaced by the first 32 hexadecimal digits of HMAC-SHA-256 of their text (IPv6 as RFC 5952 has it): the same address is the same hash. Where a receiver wants addresses (the type ip of ECS), use prefix",
      ),
    prefix: z
      .strictObject({
        ipv4: z.int().min(0).max(32).default(24).describe("Bits of an IPv4 address that stay; the others become 0"),
        ipv6: z.int().min(0).max(128).default(48).describe("Bits of an IPv6 address that stay; the others become 0"),
        fields: addresses("cut"),
      })
      .optional()
      .describe("Addresses are cut to their network: 192.0.2.7 to 192.0.2.0"),
  })
  .superRefine(({ drop, hash, prefix }, context) => {
    if (drop.length === 0 && hash === undefined && prefix === undefined) {
      context.addIssue({ code: "custom", message: "says nothing: drop, hash or prefix" });
    }
    if (hash === undefined || prefix === undefined) return;
    if (hash.fields === undefined && prefix.fields === undefined) {
      context.addIssue({ code: "custom", message: "hash and prefix are both of all addresses: give one of them `fields`" });
    }
    const twice = hash.fields?.find((name) => prefix.fields?.includes(name));
    if (twice !== undefined) context.addIssue({ code: "custom", message: `${twice} is both hashed and cut: name it once` });
  })
  .describe(
    "What the sink gets less of each record, for privacy. Where addresses are hashed or cut, the fields original, logColumns and securityLists, which may repeat them, are left out too; names of servers stay unless they are dropped",
  );

export const sampleOptions = z
  .strictObject({
    oneIn: z.int().min(2).max(1_000_000).describe("The sink gets one of so many records"),
  })
  .describe(
    "Which part of the records the sink gets: chosen by their uid, so that a retry or a replay chooses the same. The others are counted as sampled; the rate stands on each record as samplingRate. Records of lost flows and of no data are always sent. Detections and the archive get every record",
  );

export const aggregateOptions = z
  .strictObject({
    windowMs: z
      .int()
      .min(1000)
      .max(86_400_000)
      .default(300_000)
      .describe("Records whose time is in the same window are summed, in ms; windows begin at multiples of their length"),
    by: z
      .enum(["conversation", "connection"])
      .default("conversation")
      .describe(
        "What is summed: a connection has both ports; a conversation is all connections between two addresses to one port, whatever port the client had",
      ),
    most: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20_000)
      .describe("Most sums of one object that are held in memory; when there are more, all are sent, and new ones begun"),
  })
  .describe(
    "Sums in the place of records: the sink gets one record for those of one conversation, window and object, with their bytes and packets, and their number as aggregatedRecords. A sum never reaches over the end of an object, so that it is the same, under the same uid, when the object is read again",
  );

export type RedactOptions = z.output<typeof redactOptions>;
export type SampleOptions = z.output<typeof sampleOptions>;
export type AggregateOptions = z.output<typeof aggregateOptions>;

/** The options of any sink that make what it gets less. */
export const reductionOptions = {
  redact: redactOptions.optional(),
  sample: sampleOptions.optional(),
  aggregate: aggregateOptions.optional(),
};

/** Those of one sink. */
export interface ReductionOptions {
  readonly redact?: RedactOptions | undefined;
  readonly sample?: SampleOptions | undefined;
  readonly aggregate?: AggregateOptions | undefined;
}
