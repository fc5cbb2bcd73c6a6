import { Command, Option } from "commander";
import { UsageError } from "../lib/errors.ts";
import type { Flows } from "../query/flows.ts";
import { countPorts } from "../query/port-counts.ts";
import { portTallies } from "../query/report-tallies.ts";
import { type Tally, tallies } from "../query/tallies.ts";
import { PortSummary, type PortsOptions, SECTIONS, type SubnetReport } from "../reports/ports.ts";
import { type Cell, csvLines, tableLines } from "../reports/table.ts";
import { adviseCommand } from "./advise.ts";
import type { ArchiveQuestion } from "./archived.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { IN_BUCKET, requireOut, writeOut } from "./output.ts";
import { doubtsOf, isDoubtful, openReading, type Reading, tell, withReading } from "./reading.ts";
import type { ReadingOptions, ReadingTotals, Take } from "./reading-totals.ts";
import { htmlCommand } from "./report-html.ts";

type Finish = (code: ExitCode) => void;

/** `flowferry report`: documents made of the flows of a bucket. */
export function reportCommand(context: CliContext, finish: Finish): Command {
  return new Command("report")
    .description("Make a document of the flows in a bucket or folder. Nothing is shipped or changed.")
    .addCommand(portsCommand(context, finish))
    .addCommand(adviseCommand(context, finish))
    .addCommand(htmlCommand(context, finish));
}

interface PortsFlags extends ReadingOptions, PortsOptions {
  readonly out?: string;
  readonly format: "table" | "csv" | "json";
  readonly subnet?: string;
}

function portsCommand(context: CliContext, finish: Finish): Command {
  return withReading(new Command("ports"))
    .description("Which ports the subnets are asked at, by TCP and UDP, from inside and from outside, and which hosts.")
    .option(
      "--out <folder>",
      `write two files for each subnet there, \`subnet_<id>.json\` and \`details_subnet_<id>.json\`; ${IN_BUCKET}`,
    )
    .addOption(
      new Option("--format <format>", "what is printed, without --out").choices(["table", "csv", "json"]).default("table"),
    )
    .option("--initiated-only", "only flows whose source opened the connection: no replies to ephemeral ports", false)
    .addOption(new Option("--action <action>", "which flows count").choices(["accept", "reject", "all"]).default("accept"))
    .option("--subnet <subnet>", "only this subnet, by id or name")
    .action(async (flags: PortsFlags) => finish(await reportPorts(context, flags)));
}

async function reportPorts(context: CliContext, flags: PortsFlags): Promise<ExitCode> {
  const reading = await openReading(flags, context);
  try {
    requireOut(flags.out, reading.config);
    const summary = new PortSummary(flags);
    const totals = await reading.read(
      (flow, times) => summary.add(flow, times),
      (flows, signal) => questionOf(summary, flags, flows, signal),
    );
    context.signal.throwIfAborted();
    const subnets = chosen(summary.subnets(), flags.subnet);
    const notes = portNotes(summary, totals, reading);
    if (flags.out !== undefined) {
      const files = subnets.flatMap(({ file, ports, details }) => [
        [`${file}.json`, `${JSON.stringify(ports, undefined, 2)}\n`] as const,
        [`details_${file}.json`, `${JSON.stringify(details, undefined, 2)}\n`] as const,
      ]);
      const written = subnets.length === 0 ? 0 : await writeOut(flags.out, files, reading.config, context);
      context.print(`${written} files of ${subnets.length} subnets, from ${summary.counted} flows: ${flags.out}`);
    } else if (flags.format === "json") {
      context.stdout.write(
        `${JSON.stringify(
          subnets.map(({ ports }) => ports),
          undefined,
          2,
        )}\n`,
      );
    } else if (subnets.length > 0 || flags.format === "csv") {
      const lines = flags.format === "csv" ? csvLines : tableLines;
      context.stdout.write(`${lines(PORT_COLUMNS, portRows(subnets)).join("\n")}\n`);
    }
    tell(context, notes);
    return isDoubtful(totals) ? EXIT.incomplete : EXIT.done;
  } finally {
    await reading.close();
  }
}

function chosen(subnets: readonly SubnetReport[], wanted: string | undefined): readonly SubnetReport[] {
  if (wanted === undefined) return subnets;
  const found = subnets.filter(
    ({ name, ports }) => ports.vnicsubnetocid === wanted || name === wanted || ports.subnet_name === wanted,
  );
  if (found.length > 0) return found;
  const known = subnets.map(({ name, ports }) => name ?? ports.vnicsubnetocid);
  const advice = known.length === 0 ? "no subnet has such flows" : `there are ${known.slice(0, 20).join(", ")}`;
  throw new UsageError("unknown-subnet", `no subnet ${wanted} among those that were asked: ${advice}`);
}

function portNotes(summary: PortSummary, totals: ReadingTotals, reading: Reading): string[] {
  const lines: string[] = [];
  const { counted, undirected, uncertain, unsaid } = summary;
  if (totals.flows === 0) lines.push(`no flow ${reading.window === "" ? "was found" : `is ${reading.window}`}`);
  else if (counted === 0) lines.push(`none of ${totals.flows} flows goes into a subnet by TCP or UDP`);
  if (unsaid > 0) {
    const why = "enriched records have no word for it, and the enrichment script writes accepted ones alone";
    lines.push(`${unsaid} flows do not say whether they were accepted, and count as accepted: ${why}`);
  }
  if (undirected > 0) {
    const advice = "name their subnets in `enrich.subnets` of the configuration";
    lines.push(`${undirected} flows are left out, because it is not known whether they go into a subnet or out of it: ${advice}`);
  }
  if (uncertain > 0) lines.push(`${uncertain} flows are left out, because it is not known which end opened the connection`);
  return [...lines, ...doubtsOf(totals, reading)];
}

const PORT_COLUMNS = ["subnet", "protocol", "source", "port", "service", "flows"];

function portRows(subnets: readonly SubnetReport[]): Cell[][] {
  return subnets.flatMap(({ name, ports, services }) =>
    SECTIONS.flatMap((section) => {
      const [protocol = "", source = ""] = section.toLowerCase().split("_");
      const subnet = name ?? ports.vnicsubnetocid;
      // There may be hundreds of thousands of ports.
      return ports[section].port_counts.map(({ port, count }) => {
        const service = services.get(`${protocol} ${port}`) ?? "";
        return [subnet, protocol, source, port, service, count];
      });
    }),
  );
}

/** What an archive is asked; of hosts only where they are told. */
async function* questionOf(
  summary: PortSummary,
  { action, initiatedOnly, out }: PortsFlags,
  { connection }: Flows,
  signal: AbortSignal,
): ReturnType<ArchiveQuestion> {
  const { asked, uncertain, placeless, undecided } = portTallies(action, initiatedOnly);
  // Before anything is given away, so that files which change meanwhile are asked again.
  summary.addCounts(await countPorts(connection, { where: asked, hosts: out !== undefined }, signal));
  const answers: readonly (readonly [Tally, Take | undefined])[] = [
    [uncertain, (_, times) => summary.addUncertain(times)],
    [placeless, (_, times) => summary.addUndirected(times)],
    ...undecided.map((tally) => [tally, undefined] as const),
  ];
  for (const [tally, take] of answers) {
    for await (const rows of tallies(connection, tally, signal)) yield take === undefined ? rows : { ...rows, take };
  }
}
