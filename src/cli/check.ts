import { Command } from "commander";
import type { AlertOptions } from "../config/alerts.ts";
import type { Config, NamedSource } from "../config/load.ts";
import type { Discovery, FoundObject, Source } from "../contracts/source.ts";
import { formatRuleError } from "../detect/load.ts";
import type { Rule } from "../detect/rule.ts";
import { openEnrichment } from "../enrich/enrichment.ts";
import { requireGoodTables } from "../enrich/tables/check.ts";
import { originIn } from "../flow/origin.ts";
import { decoderFor } from "../formats/formats.ts";
import { NOTHING_SEEN } from "../ledger/nothing-seen.ts";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import { closeNotifiers, openNotifiers } from "../run/alerts.ts";
import { probeBucket } from "../run/archive.ts";
import { requireRules } from "../run/compose.ts";
import { openSink, openSource } from "../run/prepare.ts";
import { hidesShipped, loadEnabledRules, SHIPPED_HIDDEN } from "../run/rule-set.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";

interface Finding {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  /** Something is to be looked at that keeps nobody from working. */
  readonly warning?: true;
}

export function checkCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("check")
    .description(
      "Try credentials, listing, reading one object, the lookup tables, each sink, the archive, the bucket of reports, the rules, who is told and the links of alerts. Nothing is shipped.",
    )
    .addOption(configOption(context.env))
    .option("--json", "one JSON line for each step", false)
    .action(async ({ config: file, json }: { config: string; json: boolean }) => {
      const config = await context.loadConfig(file);
      let failed = false;
      for await (const finding of check(config, context)) {
        failed ||= !finding.ok;
        context.print(json ? JSON.stringify(finding) : `${markOf(finding)} ${finding.step}: ${finding.detail}`);
      }
      finish(failed ? EXIT.failed : EXIT.done);
    });
}

function markOf({ ok, warning }: Finding): string {
  if (!ok) return "FAILED";
  return warning ? "look  " : "ok    ";
}

async function* check(config: Config, { env, signal }: CliContext): AsyncGenerator<Finding> {
  yield { step: "configuration", ok: true, detail: config.file };
  yield await step("lookups", async () => {
    const faults: string[] = [];
    const dependencies = { baseDir: config.baseDir, env, secrets: config.secrets, onLookups: () => {} };
    const onNetwork = ({ ok, message }: { ok: boolean; message: string }) => void (ok || faults.push(message));
    const versions: string[] = [];
    for (const enrich of new Set(config.sources.map((named) => named.enrich))) {
      await requireGoodTables(enrich);
      const enrichment = await openEnrichment(
        { ...enrich, lastGood: undefined },
        { ...dependencies, networks: config.registry.networks, onNetwork },
      );
      await enrichment.close();
      versions.push(enrichment.version);
    }
    const network = faults.length === 0 ? "" : `; the network's description has ${faults.length} faults, first: ${faults[0]}`;
    return `tables are valid, version ${versions.join(", ")}${network}`;
  });
  for (const named of config.sources) {
    let source: Source | undefined;
    const of = config.sources.length === 1 ? "" : ` ${named.name}`;
    yield await step(`source${of}`, async () => {
      source = await openSource(config, named, env, () => {});
      return source.probe === undefined ? source.name : `${source.name}: ${await source.probe(signal)}`;
    });
    if (source !== undefined) yield* checkSource(config, named, source, of, signal);
    signal.throwIfAborted();
  }
  for (const named of config.sinks) {
    yield await step(`sink ${named.name}`, async () => {
      const sink = await openSink(config, named, env);
      try {
        return await sink.probe(signal);
      } finally {
        await sink.close();
      }
    });
    signal.throwIfAborted();
  }
  const { alerts, archive, baseDir, reports } = config;
  if (archive !== undefined) yield await step("archive", () => probeBucket(config, archive, "archive", env, signal));
  if (reports !== undefined) yield await step("reports", () => probeBucket(config, reports, "reports", env, signal));
  if (alerts === undefined) return;
  let marking: readonly Rule[] = [];
  yield await step("rules", async () => {
    const { rules, errors } = await loadEnabledRules(alerts);
    const [first] = errors;
    if (first !== undefined) throw new UsageError("bad-rules", `rule refused: ${formatRuleError(first)}`);
    marking = rules.filter((rule) => rule.alerts);
    requireRules(
      config,
      marking.map(({ name }) => name),
    );
    return `${marking.length} rules are valid${hidesShipped(alerts) ? `; ${SHIPPED_HIDDEN}` : ""}`;
  });
  yield await step("alerts", async () => {
    const notifiers = await openNotifiers(alerts, { baseDir, env });
    try {
      const findings: string[] = [];
      for (const [name, notifier] of notifiers) findings.push(`${name}: ${(await notifier.probe?.(signal)) ?? "not asked"}`);
      const said = findings.length === 0 ? "nobody is told" : findings.join("; ");
      return `${said}; \`flowferry alerts test\` sends one to each`;
    } finally {
      await closeNotifiers(notifiers);
    }
  });
  const links = await checkLinksOf(alerts, marking, env, signal);
  if (links !== undefined) yield links;
}

/** Links that lead nowhere are named; a page that this machine does not reach may be one that people do. Undefined where there are none. */
async function checkLinksOf(
  alerts: AlertOptions,
  rules: readonly Rule[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const { checkLinks } = await import("../alerts/link-check.ts");
  const { asked, dead } = await checkLinks(alerts, rules, env, signal);
  if (asked === 0) return undefined;
  if (dead.length === 0) return { step: "links", ok: true, detail: `${asked} links of alerts lead to a page` };
  const shown = dead.slice(0, 5).map(({ title, url, reason }) => `${title} ${url} (${reason})`);
  const more = dead.length > shown.length ? ` and ${dead.length - shown.length} more` : "";
  const detail = `${dead.length} of ${asked} links of alerts lead nowhere from here: ${shown.join("; ")}${more}`;
  return { step: "links", ok: true, detail, warning: true };
}

/** `of` follows the names of the steps: the source's name, where there are several. */
async function* checkSource(
  config: Config,
  named: NamedSource,
  source: Source,
  of: string,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  try {
    let page: Discovery | undefined;
    yield await step(`list${of}`, async () => {
      for await (const found of source.discover(NOTHING_SEEN, signal)) {
        if (found.objects.length === 0) continue;
        page = found;
        return `${found.objects.length} objects on the first page of ${found.partition || source.name}`;
      }
      const bounds = boundsOf(named);
      return bounds.length === 0 ? "allowed; there are no objects yet" : `allowed; no object lies within ${bounds.join(", ")}`;
    });
    const objects = page?.objects.slice(0, OBJECTS_READ) ?? [];
    if (objects.length > 0) yield await step(`read${of}`, () => readSome(config, named, source, objects, signal));
  } finally {
    await source.close();
  }
}

/** What the configuration says of the source that leaves objects out of the listing. */
function boundsOf({ options, filter }: NamedSource): string[] {
  const said = new Map(Object.entries(options as object));
  const own = ["prefix", "include", "exclude", "since", "until"].filter((key) => (said.get(key) ?? "") !== "");
  return [...own, ...(["since", "until"] as const).filter((key) => filter[key] !== undefined).map((key) => `filter.${key}`)];
}

/** Of so many objects one has to yield a flow: some are empty. */
const OBJECTS_READ = 5;

/** Says what the first of the objects with a flow in it holds. Throws when an object holds none but other things, or none holds any. */
async function readSome(
  { limits, registry }: Config,
  { format }: NamedSource,
  source: Source,
  objects: readonly FoundObject[],
  signal: AbortSignal,
): Promise<string> {
  const { maxObjectBytes: maxBytes, maxRecordBytes } = limits;
  for (const object of objects) {
    const origin = originIn(source, object);
    const bytes = await source.open(object, signal);
    const other = { bad: 0, first: "", skipped: new Map<string, number>() };
    for await (const { flows, bad, skipped } of decoderFor(registry.formats, format)(bytes, origin, {
      skip: 0,
      framed: bytes.framed,
      maxBytes,
      maxRecordBytes,
    })) {
      other.bad += bad.length;
      if (other.first === "" && bad[0] !== undefined) other.first = `, first: ${bad[0].reason}`;
      for (const [type, { length }] of Object.entries(skipped)) other.skipped.set(type, (other.skipped.get(type) ?? 0) + length);
      const others = [...other.skipped].map(([type, count]) => `, ${count} of type ${type}`).join("");
      if (flows.length > 0)
        return `${object.key}: its first piece has ${flows.length} flows, ${other.bad} bad records${other.first}${others}`;
    }
    const others = [...other.skipped].map(([type, count]) => `, ${count} of type ${type}`).join("");
    if (other.bad > 0 || other.skipped.size > 0) {
      throw new UsageError("no-flows", `${object.key} holds no flow: ${other.bad} bad records${other.first}${others}`);
    }
  }
  const keys = objects.length === 1 ? (objects[0]?.key ?? "") : `the first ${objects.length} objects`;
  throw new UsageError("no-flows", `allowed, but no flow was found in ${keys}`);
}

async function step(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { step: name, ok: true, detail: await work() };
  } catch (error) {
    return { step: name, ok: false, detail: describeError(error), code: codeOf(error) };
  }
}
