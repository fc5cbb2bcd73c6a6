import { Command } from "commander";
import { parseDuration } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { comparableRange } from "../lib/ip/comparable.ts";
import { explainTallies, SUBNET_TALLY } from "../query/report-tallies.ts";
import { newestFlows, tallies } from "../query/tallies.ts";
import { type End, endOf, serviceOf } from "../reports/explain/ends.ts";
import { Evidence, MOST_SHOWN } from "../reports/explain/evidence.ts";
import { explanationJson, explanationLines, type ReadOf } from "../reports/explain/text.ts";
import { isSettled, judge } from "../reports/explain/verdict.ts";
import { rowAttributes } from "../reports/row-flows.ts";
import type { BackwardQuestion, FurtherQuestion } from "./archived.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { doubtsOf, isDoubtful, openReading, surroundingsOf, tell, withReading } from "./reading.ts";
import type { ReadingOptions, Take } from "./reading-totals.ts";

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
    // Whoever names a time is answered from all of it.
    const question = questionOf(evidence, (last ?? flags.since) !== undefined);
    const started = performance.now();
    const totals = await reading.read((flow) => evidence.add(flow), question);
    context.signal.throwIfAborted();
    const verdict = judge(evidence, surroundingsOf(reading), totals.flows);
    const read: ReadOf = {
      window: reading.window,
      from: totals.readFrom,
      flows: totals.flows,
      seconds: (performance.now() - started) / 1000,
    };
    if (flags.json) context.print(JSON.stringify(explanationJson(evidence, verdict, read)));
    else context.stdout.write(`${explanationLines(evidence, verdict, read).join("\n")}\n`);
    tell(context, doubtsOf(totals, reading));
    return isDoubtful(totals) ? EXIT.incomplete : EXIT.done;
  } finally {
    await reading.close();
  }
}

/**
 * What an archive is asked: the flows between the ends and the newest of the conversation; where these do not settle the answer, whether the
 * interfaces of the ends log anything, and how many flows each subnet has.
 */
function questionOf(evidence: Evidence, isWhole: boolean): BackwardQuestion {
  const { source, destination, service } = evidence;
  const asked = ({ prefixes, server }: End) => ({ ranges: prefixes.map(comparableRange), server });
  const { between, presence, conversation } = explainTallies(asked(source), asked(destination), service, rowAttributes());
  const weigh: Take = (flow, times) => void evidence.weigh(flow, times);
  const show: Take = (flow) => evidence.show(flow);
  const subnets: Take = (flow, times) => evidence.countSubnet(flow, times);
  const isAbsent = () => evidence.atDestination.last === undefined;
  const presenceAt = (end: "source" | "destination"): FurtherQuestion["ask"] => {
    const take: Take = (flow, times) => evidence.weighPresence(end, flow, times);
    return (since) =>
      async function* ({ connection }, signal) {
        (end === "source" ? evidence.atSource : evidence.atDestination).since = since;
        for (const part of presence[end]) for await (const rows of tallies(connection, part, signal)) yield { ...rows, take };
      };
  };
  return {
    isWhole,
    isEnough: () => isSettled(evidence),
    async *ask({ connection }, signal) {
      let isThere = false;
      for (const way of between) {
        for await (const rows of tallies(connection, way, signal)) {
          isThere = true;
          yield { ...rows, take: weigh };
        }
      }
      // Without any of it there is nothing to show.
      if (!isThere || evidence.points.size === 0) return;
      for await (const rows of newestFlows(connection, { ...conversation, limit: MOST_SHOWN }, signal)) {
        yield { ...rows, take: show };
      }
    },
    rest() {
      evidence.forgetPresence();
      return [
        { isNeeded: isAbsent, isWhole, ask: presenceAt("destination") },
        // Where the destination's own interface has logged something, its subnet does.
        {
          isNeeded: isAbsent,
          isWhole: true,
          ask: () =>
            async function* ({ connection }, signal) {
              for await (const rows of tallies(connection, SUBNET_TALLY, signal)) yield { ...rows, take: subnets };
            },
        },
        { isNeeded: () => isAbsent() && evidence.atSource.last === undefined, isWhole, ask: presenceAt("source") },
      ];
    },
  };
}
