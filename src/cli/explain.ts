import { Command } from "commander";
import { parseDuration } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { endOf, serviceOf } from "../reports/explain/ends.ts";
import { Evidence } from "../reports/explain/evidence.ts";
import { explanationJson, explanationLines } from "../reports/explain/text.ts";
import { judge } from "../reports/explain/verdict.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { doubtsOf, isDoubtful, openReading, type ReadingOptions, surroundingsOf, tell, withReading } from "./reading.ts";

interface ExplainFlags extends ReadingOptions {
  readonly last?: string;
  readonly json: boolean;
}

/** `flowferry explain`: why somebody reaches something, or does not. */
export function explainCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return withReading(new Command("explain"))
    .description("Say what became of a conversation: accepted, rejected and by which list, never arrived, or not logged.")
    .argument("<source>", "who asks: an address, a network, or a server of servers.csv")
    .argument("<destination>", "who is asked: the same")
    .argument("[port]", "at which port: 22, 53/udp, or tcp, udp, icmp (default: any)")
    .option("--last <duration>", "flows of so long ago and later, as in 2h; the same as --since")
    .option("--json", "print one JSON document", false)
    .action(async (source: string, destination: string, port: string | undefined, flags: ExplainFlags) =>
      finish(await explain(context, source, destination, port, flags)),
    );
}

async function explain(
  context: CliContext,
  source: string,
  destination: string,
  port: string | undefined,
  { last, ...flags }: ExplainFlags,
): Promise<ExitCode> {
  const service = serviceOf(port);
  if (last !== undefined && flags.since !== undefined) {
    throw new UsageError("bad-option", "--last and --since say the same: give one of them");
  }
  if (last !== undefined) parseDuration(last);
  const reading = await openReading({ ...flags, ...(last !== undefined && { since: last }) }, context);
  try {
    const tables = reading.enrichments.map((enrichment) => enrichment.tables());
    const evidence = new Evidence(endOf(source, tables), endOf(destination, tables), service);
    const totals = await reading.read((flows) => {
      for (const flow of flows) evidence.add(flow);
    });
    context.signal.throwIfAborted();
    const verdict = judge(evidence, surroundingsOf(reading), totals.flows);
    if (flags.json) context.print(JSON.stringify(explanationJson(evidence, verdict, reading.window)));
    else context.stdout.write(`${explanationLines(evidence, verdict, reading.window).join("\n")}\n`);
    tell(context, doubtsOf(totals, reading));
    return isDoubtful(totals) ? EXIT.incomplete : EXIT.done;
  } finally {
    await reading.close();
  }
}
