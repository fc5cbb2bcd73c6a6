import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../lib/errors.ts";
import { changes, USUAL_OPTIONS } from "../reports/advise/advise.ts";
import type { Pin } from "../reports/advise/narrow.ts";
import { adviceCsv, adviceDiff, adviceFiles, adviceJson, adviceLines } from "../reports/advise/output.ts";
import { serviceOf } from "../reports/explain/ends.ts";
import { advisingOf, hasRules } from "./advising.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { IN_BUCKET, requireOut, writeOut } from "./output.ts";
import { doubtsOf, openReading, surroundingsOf, tell, withReading } from "./reading.ts";
import type { ReadingOptions } from "./reading-totals.ts";

interface AdviseFlags extends ReadingOptions {
  readonly out?: string;
  readonly format: "table" | "csv" | "json" | "diff";
  readonly minDays: number;
  readonly maxLost: number;
  readonly maxRules: number;
  readonly pin: readonly Pin[];
}

/** `flowferry report advise`: what observed traffic leaves of the rules. */
export function adviseCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return withReading(new Command("advise"))
    .description("Least-privilege advice for security lists, NSGs, security groups and ACLs, with evidence. Applies nothing.")
    .option(
      "--out <folder>",
      `write the advice there (text, CSV, JSON, diff), and for each list with a proposal its rules as JSON and Terraform, as proposed and as they are; ${IN_BUCKET}`,
    )
    .addOption(
      new Option("--format <format>", "what is printed, without --out")
        .choices(["table", "csv", "json", "diff"])
        .default("table"),
    )
    .option("--min-days <n>", "days that must have been observed", atLeast0, USUAL_OPTIONS.minDays)
    .option("--max-lost <n>", "how often a subnet's log may say that flows were lost", atLeast0, USUAL_OPTIONS.mostLost)
    .option("--max-rules <n>", "most rules that may take the place of one", atLeast0, USUAL_OPTIONS.mostRules)
    .option("--pin <port>", "a service that stays allowed though nobody used it, as in 8080 or 53/udp; may be repeated", pins, [])
    .action(async (flags: AdviseFlags) => finish(await report(context, flags)));
}

async function report(context: CliContext, flags: AdviseFlags): Promise<ExitCode> {
  const reading = await openReading(flags, context);
  try {
    requireOut(flags.out, reading.config);
    const { observations, question, advice: adviceOf } = advisingOf(reading);
    const totals = await reading.read((flow, times, first, last) => observations.add(flow, times, first, last), question);
    context.signal.throwIfAborted();
    const { writers } = surroundingsOf(reading);
    if (!hasRules(reading)) {
      const say = "describe the network in `enrich.oci` or `enrich.ibm` of the configuration";
      throw new UsageError("no-network", `there are no rules to advise on: ${say}`);
    }
    const evidence = {
      earliest: totals.earliest,
      latest: totals.latest,
      unread: totals.bad + totals.unread,
      lost: totals.mismatches,
    };
    const options = { minDays: flags.minDays, mostLost: flags.maxLost, mostRules: flags.maxRules, pins: flags.pin };
    const advice = adviceOf(evidence, options);
    if (flags.out !== undefined) {
      const files = adviceFiles(advice, writers);
      const written = await writeOut(flags.out, files, reading.config, context);
      const proposing = advice.sets.filter(changes).length;
      context.print(`${written} files, proposals for ${proposing} of ${advice.sets.length} lists: ${flags.out}`);
    } else if (flags.format === "json") context.print(JSON.stringify(adviceJson(advice)));
    else if (flags.format === "diff") context.stdout.write(adviceDiff(advice));
    else context.stdout.write(`${(flags.format === "csv" ? adviceCsv : adviceLines)(advice).join("\n")}\n`);
    const left: string[] = [];
    if (totals.flows === 0) left.push(`no flow ${reading.window === "" ? "was found" : `is ${reading.window}`}`);
    if (observations.ungoverned > 0) left.push(`${observations.ungoverned} flows are of subnets of which no rules are known`);
    if (observations.undirected > 0)
      left.push(`${observations.undirected} flows are left out, because their direction is not known`);
    tell(context, [...left, ...doubtsOf(totals, reading)]);
    return advice.sets.some(({ insufficient }) => insufficient.length > 0) ? EXIT.incomplete : EXIT.done;
  } finally {
    await reading.close();
  }
}

function atLeast0(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1e9)) throw new InvalidArgumentError("It is no number from 0 on.");
  return value;
}

function pins(text: string, before: readonly Pin[]): readonly Pin[] {
  const { port, protocol } = serviceOf(text);
  const protocols = protocol === undefined ? [6, 17] : [protocol];
  return [...before, ...protocols.map((one) => ({ direction: undefined, protocol: one, port, icmp: undefined }))];
}
