import type { Dialect, StoredAttributes } from "../../../dialects/dialect.ts";
import { logAnalyticsDialect } from "../../../dialects/log-analytics/dialect.ts";
import { storedAttributes } from "../../../dialects/stored-attributes.ts";
import { loadSchema } from "../../../schemas/load.ts";
import type { ContentDefinition } from "./content.ts";

/** The dialect over the fields and the log source of that content. */
export function logAnalytics(content: ContentDefinition): Dialect {
  return logAnalyticsDialect(inLogAnalytics(storedAttributes(loadSchema("log-analytics", ".")), content), content.source.name);
}

/** Records are stored under the names of the service's fields. */
function inLogAnalytics(attributes: StoredAttributes, { fields }: ContentDefinition): StoredAttributes {
  const named = <T extends { readonly name: string }>(attribute: T): T | undefined => {
    const field = fields[attribute.name];
    return field && { ...attribute, name: field.field };
  };
  return {
    all: attributes.all.flatMap((attribute) => named(attribute) ?? []),
    of(ref) {
      const attribute = attributes.of(ref);
      return attribute && named(attribute);
    },
  };
}
