import { type ZodType, z } from "zod";

/**
 * What an option of the configuration keeps secret: its value, the path of its URL too, or the values of its headers. Users, passwords
 * and tokens in any URL are found without a mark.
 */
export interface Mark {
  readonly secret: "value" | "path" | "headers";
}

/** The marks of options. One that is described or refined afterwards keeps its mark. */
export const MARKS = z.registry<Mark>();

/** An option whose value is in no log, message or dead letter. */
export function secret<Schema extends ZodType>(schema: Schema): Schema {
  MARKS.add(schema, { secret: "value" });
  return schema;
}

/** An option that is a URL with a secret in its path, as that of a webhook. */
export function secretUrl<Schema extends ZodType>(schema: Schema): Schema {
  MARKS.add(schema, { secret: "path" });
  return schema;
}

/** Request headers. */
export function secretHeaders<Schema extends ZodType>(schema: Schema): Schema {
  MARKS.add(schema, { secret: "headers" });
  return schema;
}
