import { type ZodType, z } from "zod";

/** What any library for schemas gives, by https://standardschema.dev. */
export interface StandardSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

type StandardResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema as the program uses it: one of zod as it is, any other Standard Schema within one. Undefined for what is no schema. Of a
 * schema that is not zod's nothing is known but what it says of a value: keys that it knows are not offered for those that are wrong.
 */
export function schemaOf(schema: unknown): ZodType | undefined {
  // One of an older zod cannot tell what keys it has.
  if (schema instanceof z.ZodType && "processJSONSchema" in schema._zod) return schema;
  if (typeof schema !== "object" && typeof schema !== "function") return undefined;
  const standard = (schema as Partial<StandardSchema> | null)?.["~standard"];
  if (typeof standard?.validate !== "function") return undefined;
  return z.unknown().transform((value, context) => {
    const result = standard.validate(value);
    if (result instanceof Promise) {
      context.addIssue({
        code: "custom",
        message: "the schema of these options answers later: only one that answers at once will do",
      });
      return z.NEVER;
    }
    if (result.issues === undefined) return result.value;
    for (const { message, path } of result.issues) {
      const keys = path?.map((part) => (typeof part === "object" ? part.key : part)) ?? [];
      context.addIssue({ code: "custom", message, path: keys });
    }
    return z.NEVER;
  });
}
