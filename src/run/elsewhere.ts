import type { AlertOptions } from "../config/alerts.ts";
import type { Elsewhere } from "../delivery/relay.ts";
import { formatRuleError } from "../detect/load.ts";
import { createSieve } from "../detect/stream/sieve.ts";
import type { Flow } from "../flow/flow.ts";
import { sealed } from "../flow/sealed.ts";
import type { Health } from "../telemetry/health.ts";
import type { Logger } from "../telemetry/telemetry.ts";
import { hidesShipped, readTexts, rulesOf, SHIPPED_HIDDEN } from "./rule-set.ts";
import { watchRules } from "./rules-watch.ts";

/** Flows of a message: some hundred kilobytes. */
const FLOWS = 2_000;
/** Of a message; the services take 1 MB. */
const MOST_BYTES = 900_000;

interface Surroundings {
  readonly log: Logger;
  readonly health: Health;
  /** Where messages go. */
  readonly rows: { readonly failing: boolean; send(values: readonly Buffer[], signal: AbortSignal): Promise<void> };
  /** Throws UsageError where rules of these names will not do. */
  readonly requireRules: (names: readonly string[]) => void;
}

/** What a worker does with the rules of `alerts` where another one looks after them. */
export interface RulesElsewhere {
  readonly elsewhere: Elsewhere;
  /** Names of the rules that mark flows here. */
  readonly rules: readonly string[];
  close(): void;
}

/** Loads the rules, and watches their files: every worker takes up what is new in them by itself. Throws UsageError. */
export async function openElsewhere(
  options: AlertOptions,
  { log, health, rows, requireRules }: Surroundings,
): Promise<RulesElsewhere> {
  const texts = await readTexts(options);
  const start = rulesOf(texts, options);
  for (const error of start.errors) log.error(`rule refused: ${formatRuleError(error)}`);
  if (hidesShipped(options)) log.warn(SHIPPED_HIDDEN);
  let sieve = createSieve(start.rules);
  requireRules(sieve.rules);
  const watch = await watchRules(
    options,
    { ...start, texts },
    {
      onRules(next, message) {
        const fresh = createSieve(next);
        requireRules(fresh.rules);
        sieve = fresh;
        log.info(message);
      },
      onRefused(message) {
        log.error(message);
        health.problem("rules", { drawer: "worker", code: "rules-stale", reason: message });
      },
      onRecovered() {
        log.info("the files of rules are good again");
        health.well("rules");
      },
    },
  );
  return {
    elsewhere: {
      sift: (flow) => sieve.sift(flow),
      send: (flows, signal) => rows.send([...messagesOf(flows)], signal),
      get failing() {
        return rows.failing;
      },
    },
    get rules() {
      return sieve.rules;
    },
    close: () => watch.close(),
  };
}

/** A message that is too large becomes two. */
function* messagesOf(flows: readonly Flow[], most = FLOWS): Generator<Buffer> {
  for (let from = 0; from < flows.length; from += most) {
    const some = flows.slice(from, from + most);
    const message = sealed(some);
    if (message.length <= MOST_BYTES || some.length === 1) yield message;
    else yield* messagesOf(some, Math.ceil(some.length / 2));
  }
}
