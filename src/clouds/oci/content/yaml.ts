import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { UsageError } from "../../../lib/errors.ts";

/** A file by its schema. Throws UsageError with the place of what is wrong. */
export function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError("bad-content", `${file} cannot be read as YAML`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(file, `${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
}

/** A file of the content that says something wrong. */
export const wrong = (file: string, message: string): UsageError => new UsageError("bad-content", `${file}: ${message}`);
