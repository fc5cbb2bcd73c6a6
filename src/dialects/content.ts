import { join } from "node:path";
import { formatRuleError, loadRules } from "../detect/load.ts";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import { isNative, loadSearches } from "../searches/load.ts";
import type { NativeSearch, Search } from "../searches/search.ts";
import { shippedDashboards } from "./dashboard-lists.ts";
import type { Dialect, Printed, PrintedSearch } from "./dialect.ts";
import { DEFAULT_LAG_MS } from "./evaluation.ts";
import { grafanaNotifications } from "./grafana/alerting.ts";
import type { Backend } from "./grafana/backend.ts";
import { grafanaDashboard } from "./grafana/dashboard.ts";
import { lokiBackend } from "./loki/grafana.ts";
import { otelAttributes } from "./stored-attributes.ts";
import { oneLine } from "./text.ts";
import { victorialogsBackend } from "./victorialogs/grafana.ts";

/** What Grafana asks, by name of the dialect that it asks in. */
function grafanaBackends(): ReadonlyMap<string, Backend> {
  const otel = otelAttributes();
  return new Map([lokiBackend(otel), victorialogsBackend(otel)].map((backend) => [backend.name, backend]));
}

export interface ContentOptions {
  readonly lagMs?: number;
  /** Receivers of alerts by the dialect's name. */
  readonly receivers?: ReadonlyMap<string, string>;
  /** Where `detections` and `searches` are; by default the ones that ship. */
  readonly folder?: string;
}

export interface DialectFiles {
  /** By path within `deploy`. */
  readonly files: ReadonlyMap<string, string>;
  /** How many rules and searches each dialect says, as a table in Markdown. */
  readonly summary: string;
  /** The same, each as in `54 of 76`. */
  readonly said: readonly Said[];
}

interface Said {
  /** Of the dialect. */
  readonly title: string;
  readonly rules: string;
  readonly searches: string;
}

/**
 * The rules and searches below a folder (`detections`, `searches`) in each of the dialects, Grafana's dashboards, and the tables
 * of what each dialect can say. Throws UsageError for a bad rule or search.
 */
export async function dialectFiles(
  dialects: readonly Dialect[],
  { lagMs = DEFAULT_LAG_MS, receivers = new Map(), folder = asset("deploy") }: ContentOptions = {},
): Promise<DialectFiles> {
  const { rules, errors } = await loadRules(join(folder, "detections"));
  const { searches, errors: searchErrors } = loadSearches(join(folder, "searches"));
  const [first] = [...errors, ...searchErrors];
  if (first !== undefined) throw new UsageError("bad-rules", formatRuleError(first));
  const alertingRules = rules.filter((rule) => rule.alerts);
  const files = new Map<string, string>();
  const ruleTable = new Table("rule");
  const searchTable = new Table("search");
  const backends = grafanaBackends();
  for (const dialect of dialects) {
    const saidRules = alertingRules.flatMap((rule) => {
      const printed = dialect.rule(rule);
      ruleTable.add(rule.name, dialect.title, printed);
      return "query" in printed ? { rule, query: printed.query } : [];
    });
    const saidSearches = searches.flatMap((search): PrintedSearch[] => {
      const printed = printSearch(search, dialect);
      searchTable.add(search.id, dialect.title, printed);
      return "query" in printed && !isNative(search) ? [{ search, query: printed.query }] : [];
    });
    const alerting = { lagMs, receiver: receivers.get(dialect.name) };
    for (const [name, text] of dialect.files({ rules: saidRules, searches: saidSearches, alerting }))
      files.set(`${dialect.name}/${name}`, text);
    const backend = backends.get(dialect.name);
    if (backend !== undefined)
      files.set(`grafana/${backend.name}.json`, grafanaDashboard(backend, shippedDashboards(), saidSearches));
  }
  files.set("grafana/notifications.yml", grafanaNotifications(receivers.get("grafana")));
  const said = saidIn(ruleTable, searchTable);
  const rows = said.map((one) => [one.title, one.rules, one.searches]);
  const summary = markdown([["dialect", "rules", "saved searches"], ...rows]);
  files.set("dialects.md", page(summary, ruleTable, searchTable));
  return { files, summary, said };
}

function printSearch(search: Search | NativeSearch, dialect: Dialect): Printed {
  if (!isNative(search)) return dialect.search(search);
  const query = search.native.get(dialect.name);
  if (query !== undefined) return { query };
  return { refused: "native", reason: `written for ${[...search.native.keys()].join(", ")} alone` };
}

/** A row for each name, a column for each dialect, and numbered notes about refusals. */
class Table {
  readonly #kind: string;
  readonly #titles = new Set<string>();
  readonly #rows = new Map<string, string[]>();
  readonly #notes: string[] = [];

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(name: string, title: string, printed: Printed): void {
    this.#titles.add(title);
    const cells = this.#rows.get(name) ?? [];
    this.#rows.set(name, cells);
    if ("query" in printed) cells.push("yes");
    else {
      const note = oneLine(`${printed.refused}: ${printed.reason}`);
      if (!this.#notes.includes(note)) this.#notes.push(note);
      cells.push(`no ${this.#notes.indexOf(note) + 1}`);
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  get titles(): readonly string[] {
    return [...this.#titles];
  }

  /** How many the dialect of that title says. */
  said(title: string): number {
    const column = this.titles.indexOf(title);
    return [...this.#rows.values()].filter((cells) => cells[column] === "yes").length;
  }

  print(): string {
    const table = markdown([[this.#kind, ...this.#titles], ...[...this.#rows].map(([name, cells]) => [name, ...cells])]);
    return `${table}\n\n${this.#notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}`;
  }
}

function saidIn(rules: Table, searches: Table): Said[] {
  return rules.titles.map((title) => ({
    title,
    rules: `${rules.said(title)} of ${rules.size}`,
    searches: `${searches.said(title)} of ${searches.size}`,
  }));
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function page(summary: string, rules: Table, searches: Table): string {
  return `# Dialects

Made by \`flowferry content build\`. What a dialect cannot say is refused, never changed: the number says why. What the forms of each follow
stands in [forms.md](forms.md).

${summary}

## Rules

Wherever the stream evaluator runs, every rule works: its flows carry the rule's name in \`flow.detections\`.

DuckDB looks at every window of a correlation's timespan. The other backends look at one window each time they evaluate a rule: the
timespan and the interval between two evaluations, so that each window of the timespan lies within one of them. Flows come late: a rule that counts
waits until its flows can have come (\`content build --lag\`, 70 minutes by default), and a rule on single flows is asked again for so long.

${rules.print()}

## Searches

${searches.print()}
`;
}
