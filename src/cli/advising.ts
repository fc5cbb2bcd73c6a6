import { FlowferryError } from "../lib/errors.ts";
import { adviseTally } from "../query/report-tallies.ts";
import { tallies } from "../query/tallies.ts";
import { type Advice, type AdviceOptions, advise, type EvidenceOfReading } from "../reports/advise/advise.ts";
import { clientPortsOf, Observations } from "../reports/advise/observations.ts";
import type { ArchiveQuestion } from "./archived.ts";
import { type Reading, surroundingsOf } from "./reading.ts";

/** What flows say of the rules that a configuration describes. */
export interface Advising {
  readonly observations: Observations;
  /** What an archive is asked: `observations` take the answers. */
  readonly question: ArchiveQuestion;
  /** Throws a FlowferryError where the proposals do not stand the proof. */
  advice(evidence: EvidenceOfReading, options: AdviceOptions): Advice;
}

/** Whether the configuration describes any rules. */
export const hasRules = (reading: Reading): boolean =>
  surroundingsOf(reading).networks.some(({ data }) => data.some(({ ruleSets }) => ruleSets.size > 0));

export function advisingOf(reading: Reading): Advising {
  const networks = () => surroundingsOf(reading).networks;
  const observations = new Observations(networks);
  const rules = () =>
    networks().flatMap(({ data }) => data.flatMap(({ ruleSets }) => [...ruleSets.values()].flatMap((set) => set.rules)));
  return {
    observations,
    question: ({ connection }, signal) => tallies(connection, adviseTally(clientPortsOf(rules())), signal),
    advice(evidence, options) {
      const subnets = surroundingsOf(reading).tables.map((tables) => tables.subnets);
      const advice = advise(observations, networks(), subnets, evidence, options);
      if (advice.proof.dropped === 0) return advice;
      const flows = `${advice.proof.dropped} of ${advice.proof.accepted} observed flows`;
      throw new FlowferryError("advice-unproved", `the proposals would drop ${flows}: none is given; please report this`);
    },
  };
}
