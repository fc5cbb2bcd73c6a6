import { formatRuleError, loadRules } from "../detections/load.ts";
import type { Rule } from "../detections/rule.ts";
import { datadogDialect } from "../dialects/datadog/rules.ts";
import type { Dialect, Printed, StoredAttributes } from "../dialects/dialect.ts";
import { duckdbDialect } from "../dialects/duckdb/rules.ts";
import { elasticDialect } from "../dialects/elastic/rules.ts";
import { ibmCloudLogsDialect } from "../dialects/ibm-cloud-logs/rules.ts";
import { logAnalyticsDialect } from "../dialects/log-analytics/rules.ts";
import { lokiDialect } from "../dialects/loki/rules.ts";
import { splunkDialect } from "../dialects/splunk/rules.ts";
import { victorialogsDialect } from "../dialects/victorialogs/rules.ts";
import { UsageError } from "../errors.ts";
import { loadSchema } from "../schemas/load.ts";
import { type ContentDefinition, readDefinition } from "./definition.ts";
import { storedAttributes } from "./stored-attributes.ts";

/** Every dialect that rules are printed in. */
export function dialects({ content }: { readonly content: ContentDefinition } = readDefinition()): readonly Dialect[] {
  const otel = storedAttributes(loadSchema("otel", "."));
  return [
    duckdbDialect(otel),
    victorialogsDialect(otel),
    lokiDialect(otel),
    elasticDialect(otel),
    splunkDialect(otel),
    datadogDialect(otel),
    ibmCloudLogsDialect(otel),
    logAnalyticsDialect(inLogAnalytics(storedAttributes(loadSchema("log-analytics", ".")), content), content.source.name),
  ];
}

/** The rules in every dialect, by path within `deploy`, and the table of what each dialect can say. Throws UsageError for a bad rule. */
export async function detectionFiles(folder: string): Promise<Map<string, string>> {
  const { rules, errors } = await loadRules(folder);
  const [first] = errors;
  if (first !== undefined) throw new UsageError("bad-rules", formatRuleError(first));
  const alerting = rules.filter((rule) => rule.alerts);
  const files = new Map<string, string>();
  const columns: Column[] = [];
  for (const dialect of dialects()) {
    const printed = new Map(alerting.map((rule) => [rule, dialect.rule(rule)]));
    columns.push({ dialect, printed });
    const said = [...printed].flatMap(([rule, one]) => ("query" in one ? [{ rule, query: one.query }] : []));
    for (const [name, text] of dialect.files({ rules: said, searches: [] })) files.set(`${dialect.name}/${name}`, text);
  }
  files.set("detections/dialects.md", table(alerting, columns));
  return files;
}

interface Column {
  readonly dialect: Dialect;
  readonly printed: ReadonlyMap<Rule, Printed>;
}

function table(rules: readonly Rule[], columns: readonly Column[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const notes: string[] = [];
  const mark = (printed: Printed | undefined): string => {
    if (printed === undefined || "query" in printed) return "yes";
    const note = `${printed.refused}: ${printed.reason}`;
    if (!notes.includes(note)) notes.push(note);
    return `no ${notes.indexOf(note) + 1}`;
  };
  const rows = rules.map((rule) => row([rule.name, ...columns.map(({ printed }) => mark(printed.get(rule)))]));
  return `# Rules and dialects

Made by \`flowferry content build\`. A rule that a dialect cannot say is refused, never changed: the number says why. Wherever
the stream evaluator runs, every rule works: its flows carry the rule's name in \`flow.detections\`.

DuckDB looks at every window of a correlation's timespan. The other backends look at the windows that end when they evaluate
a rule, so that a window between two evaluations goes unseen.

${row(["rule", ...columns.map(({ dialect }) => dialect.title.replaceAll("|", "\\|"))])}
${row(["---", ...columns.map(() => "---")])}
${rows.join("\n")}

${notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}
`;
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
