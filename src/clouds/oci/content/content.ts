import { join } from "node:path";
import { z } from "zod";
import { asset } from "../../../lib/assets.ts";
import { readYaml, wrong } from "./yaml.ts";

const text = z.string().trim().min(1);

const fieldDefinition = z.strictObject({
  field: text,
  /** Only of own fields; the service's own have theirs. */
  type: z.enum(["string", "long"]).optional(),
  description: text.optional(),
});

const contentDefinition = z.strictObject({
  parser: z.strictObject({ name: z.string().regex(/^\w+$/), title: text, description: text }),
  source: z.strictObject({ name: text, description: text, entityType: text }),
  fields: z.record(z.string().regex(/^\w+$/), fieldDefinition),
});

export type ContentDefinition = z.output<typeof contentDefinition>;

/** Reads what `log-analytics/content.yml` below a folder says of records. Throws UsageError. */
export function readContent(folder = asset("deploy")): ContentDefinition {
  const file = join(folder, "log-analytics", "content.yml");
  const content = readYaml(file, contentDefinition);
  const own = Object.entries(content.fields).find(
    ([, { type, description }]) => (type === undefined) !== (description === undefined),
  );
  if (own !== undefined) throw wrong(file, `field ${own[0]}: a field of our own has both type and description`);
  return content;
}
