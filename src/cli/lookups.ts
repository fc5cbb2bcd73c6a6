import { relative } from "node:path";
import { Command } from "commander";
import { type Accepted, acceptTables } from "../enrich/tables/accept.ts";
import { type CheckedFile, checkConfigured, checkFile, requireGoodTables } from "../enrich/tables/check.ts";
import { explainAddress, explainPort, explainSubnet, type Match } from "../enrich/tables/explain.ts";
import { describeIssue } from "../enrich/tables/issues.ts";
import { kindOf } from "../enrich/tables/kinds.ts";
import type { LookupOptions } from "../enrich/tables/options.ts";
import { countOf, loadTables, snapshotOf, type Tables } from "../enrich/tables/tables.ts";
import { codeOf, UsageError } from "../lib/errors.ts";
import { parseAddress } from "../lib/ip/address.ts";
import { configOption, usualConfig } from "./config-option.ts";

/** What the commands need of the program. */
export interface LookupsContext {
  readonly env: NodeJS.ProcessEnv;
  /** Reads a configuration; the paths in its `enrich` block are absolute. */
  loadConfig(file: string): Promise<{ readonly sources: readonly { readonly name: string; readonly enrich: LookupOptions }[] }>;
  readonly stdout: { write(text: string): unknown };
}

/** `flowferry lookups check`, `flowferry lookups get` and `flowferry lookups accept`. */
export function lookupsCommand(context: LookupsContext): Command {
  const check = new Command("check")
    .description("Validate lookup tables and name every problem with file and line.")
    .argument("[files...]", "files of tables; which table a file is, its name or its header line says")
    .option(
      "-c, --config <file>",
      "check the tables that this configuration names (default: FLOWFERRY_CONFIG, or flowferry.yaml if it is there, unless files are named)",
    )
    .option("--json", "print the findings as JSON", false)
    .action(async (files: string[], options: { config?: string; json: boolean }) => checkTables(context, files, options));
  const get = new Command("get")
    .description("Show what a flow would get for an address, a port or a subnet, and from which file and line.")
    .argument("<what>", "an IP address, a port such as 443/tcp, or a subnet's OCID or id")
    .option(
      "-c, --config <file>",
      "use the tables that this configuration names, not only those that ship with the program (default: FLOWFERRY_CONFIG, or flowferry.yaml if it is there)",
    )
    .option("--source <name>", "of several sources with tables of their own, the one whose flow it is")
    .option("--json", "print the answer as JSON", false)
    .action(async (what: string, options: { config?: string; json: boolean }) => getFromTables(context, what, options));
  const acceptance = new Command("accept")
    .description("Say that tables which are refused because they became short are wanted as they are now.")
    .addOption(configOption(context.env, "configuration with the tables and the ledger of the worker"))
    .option("--json", "print the result as JSON", false)
    .action(async (options: { config: string; json: boolean }) => accept(context, options));
  return new Command("lookups")
    .description("Check, query and accept the lookup tables.")
    .addCommand(check)
    .addCommand(get)
    .addCommand(acceptance);
}

interface CommandOptions {
  readonly config?: string;
  readonly source?: string;
  readonly json: boolean;
}

type Loaded = Awaited<ReturnType<LookupsContext["loadConfig"]>>;

/** The blocks `enrich` in use, each once. */
function blocksOf({ sources }: Loaded): Set<LookupOptions> {
  return new Set(sources.map(({ enrich }) => enrich));
}

/** Throws UsageError where it is not clear which one is meant. */
function blockFor(loaded: Loaded, source: string | undefined): LookupOptions {
  const names = loaded.sources.map(({ name }) => name);
  const [only, other] = blocksOf(loaded);
  const found = source === undefined ? only : loaded.sources.find(({ name }) => name === source)?.enrich;
  if (found === undefined) throw new UsageError("unknown-source", `there is no source ${source}: ${names.join(", ")}`);
  if (source === undefined && other !== undefined)
    throw new UsageError("unknown-source", `sources have tables of their own: choose one with --source (${names.join(", ")})`);
  return found;
}

async function checkTables(
  { env, loadConfig, stdout }: LookupsContext,
  paths: readonly string[],
  options: CommandOptions,
): Promise<void> {
  const config = options.config ?? (paths.length === 0 ? usualConfig(env) : undefined);
  if (config === undefined && paths.length === 0) {
    throw new UsageError("nothing-to-check", "nothing to check: name files, or with -c the configuration that names them");
  }
  const files: CheckedFile[] = [];
  if (config !== undefined) {
    for (const enrich of blocksOf(await loadConfig(config))) files.push(...(await checkConfigured(enrich)));
  }
  for (const path of paths) files.push(await checkFile(path));
  const bad = files.filter(({ problems }) => problems > 0);
  if (options.json) stdout.write(`${JSON.stringify({ ok: bad.length === 0, files })}\n`);
  else stdout.write(files.map(findings).join(""));
  if (bad.length > 0) {
    throw new UsageError(
      "bad-lookups",
      `${bad.length} of ${files.length} lookup files ${bad.length === 1 ? "has" : "have"} problems`,
    );
  }
}

function findings({ table, path, rows, version, problems, issues, lastGood }: CheckedFile): string {
  const shown = shorten(path);
  const state = problems === 0 ? "ok" : `${problems} ${problems === 1 ? "problem" : "problems"}`;
  const lines = [
    `${shown}: ${table ?? "unknown table"}, ${rows} ${rows === 1 ? "row" : "rows"}, version ${version ?? "none"}: ${state}`,
  ];
  for (const issue of issues) lines.push(`  ${describeIssue(shown, issue)}`);
  if (problems > issues.length) lines.push(`  and ${problems - issues.length} more`);
  if (lastGood !== undefined) lines.push(`  the last good copy is in use, of ${lastGood.at} (${countOf(lastGood.rows)})`);
  return `${lines.join("\n")}\n`;
}

async function getFromTables({ env, loadConfig, stdout }: LookupsContext, what: string, options: CommandOptions): Promise<void> {
  const config = options.config ?? usualConfig(env);
  const enrich = config === undefined ? {} : blockFor(await loadConfig(config), options.source);
  const query = queryOf(what);
  await requireGoodTables(enrich);
  const tables = snapshotOf(await loadTables(enrich));
  const answer = query(tables);
  if (options.json) stdout.write(`${JSON.stringify({ query: what, ...answer.data, version: tables.version })}\n`);
  else stdout.write(table([...answer.lines, ["version", tables.version, ""]]));
}

async function accept({ loadConfig, stdout }: LookupsContext, options: { config: string; json: boolean }): Promise<void> {
  const accepted: Accepted[] = [];
  const faults: string[] = [];
  const refusals: unknown[] = [];
  const blocks = blocksOf(await loadConfig(options.config));
  for (const enrich of blocks) {
    try {
      const found = await acceptTables(enrich);
      accepted.push(...found.accepted);
      faults.push(...found.faults);
    } catch (error) {
      // Of tables that are kept elsewhere there may be copies.
      if (codeOf(error) !== "no-last-good") throw error;
      refusals.push(error);
    }
  }
  if (refusals.length === blocks.size) throw refusals[0];
  if (options.json) stdout.write(`${JSON.stringify({ accepted })}\n`);
  else if (accepted.length === 0) stdout.write("no table is refused for being short\n");
  for (const { path, table, rows, instead } of options.json ? [] : accepted) {
    const what = `${countOf(rows)} instead of ${instead}`;
    stdout.write(`${shorten(path)}: ${table}, ${what}: accepted; a running worker takes it up within five seconds\n`);
  }
  if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
}

type Line = readonly [label: string, value: string, place: string];

interface Answer {
  readonly data: object;
  readonly lines: readonly Line[];
}

/** Tells an address from a port from a subnet. */
function queryOf(what: string): (tables: Tables) => Answer {
  const ip = parseAddress(what);
  if (ip !== undefined) {
    return (tables) => {
      const data = explainAddress(tables, ip);
      const { zone, network, server, columns, approved, matches, subnets } = data;
      const used = (table: string) => placeOf(matches.find((match) => match.used && match.table === table));
      const lines: Line[] = [
        ["zone", zone, used("networks") || "no network holds it"],
        ["network", network ?? "", network === undefined ? "" : used("networks")],
        ["server", server ?? "", server === undefined ? "" : used("servers")],
        ...Object.entries(columns ?? {}).map(([name, value]): Line => [name, value, used("servers")]),
        ...(approved === undefined ? [] : [["approved as", approved, used("approvedDestinations")] as const]),
        ...matches.filter((match) => match.used && kindOf(match.table).say !== undefined).flatMap(linesOf),
        ...subnets.map((match): Line => ["in subnet", match.values.subnet ?? "", placeOf(match)]),
        ...hidden(matches),
      ];
      return { data: { address: what, ...data }, lines };
    };
  }
  const port = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(what);
  if (port !== null) {
    const number = Number(port[1]);
    if (number > 65_535) throw new UsageError("bad-query", `${what} is no port: ports go from 0 to 65535`);
    const protocols = [["tcp", 6] as const, ["udp", 17] as const].filter(([name]) => (port[2]?.toLowerCase() ?? name) === name);
    return (tables) => {
      const answers = protocols.map(([name, protocol]) => ({ protocol: name, ...explainPort(tables, number, protocol) }));
      const lines = answers.flatMap(({ protocol, service, matches }): Line[] => [
        [`${number}/${protocol}`, service ?? "no name", placeOf(matches[0])],
        ...hidden(matches),
      ]);
      return { data: { port: number, services: answers }, lines };
    };
  }
  if (/^[\d.]*\.[\d.]*(\/\d*)?$|^[\da-f:.]*:[\da-f:.]*(\/\d*)?$/i.test(what)) {
    const advice = what.includes("/") ? "ask for one address of the network" : "write one such as 10.0.1.7 or 2001:db8::7";
    throw new UsageError("bad-query", `${what} is no IPv4 or IPv6 address: ${advice}`);
  }
  return (tables) => {
    const data = explainSubnet(tables, what);
    if (data === undefined) {
      const file = tables.files.find(({ table }) => table === "subnets");
      const where = file === undefined ? "and no subnets table is configured" : `and ${shorten(file.path)} has no such subnet`;
      throw new UsageError("not-found", `${what} is no address, no port such as 443/tcp, ${where}`);
    }
    const networks = data.matches.map((match): Line => ["network", match.key, placeOf(match)]);
    return { data: { subnet: what, ...data }, lines: [["name", data.name ?? "", ""], ...networks] };
  };
}

/** A line for each value, all from the same place. */
function linesOf(match: Match): Line[] {
  return Object.entries(match.values).map(([name, value]) => [name, value, placeOf(match)]);
}

/** The lines that say something too, but that nothing is taken from. */
function hidden(matches: readonly Match[]): Line[] {
  return matches
    .filter(({ used }) => !used)
    .map((match) => [
      "hidden",
      Object.entries(match.values)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
      placeOf(match),
    ]);
}

/** `lookups/servers.csv:7 10.0.1.0/24`, or where nothing was read: `built in 10.0.0.0/8`. */
function placeOf(match: Match | undefined): string {
  if (match === undefined) return "";
  const { path, line, key } = match;
  if (path === undefined) return `built in ${key}`;
  return line === undefined ? `${shorten(path)} ${key}` : `${shorten(path)}:${line} ${key}`;
}

/** Relative to the working folder, where the path lies below it. */
function shorten(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}

function table(lines: readonly Line[]): string {
  const filled = lines.filter(([, value, place]) => value !== "" || place !== "");
  const width = (column: 0 | 1) => Math.max(...filled.map((line) => line[column].length));
  const [first, second] = [width(0), width(1)];
  return filled
    .map(([label, value, place]) => `${label.padEnd(first)}  ${value.padEnd(second)}  ${place}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}
