import type { Secrets } from "../lib/secrets/secrets.ts";

export interface AlertFact {
  /** What the fact is about: `From`, `To`, `Flows`. */
  readonly label: string;
  /** For people; one line. */
  readonly value: string;
}

/** Something that a person should know about: one incident of one detection rule. Plain data. */
export interface Alert {
  /** The same for the same incident, whoever finds it again: nobody is told twice. */
  readonly key: string;
  /** Stable name of the rule. */
  readonly rule: string;
  /** What the rule is called, for people. */
  readonly title: string;
  /** As the rule has it. */
  readonly level: "informational" | "low" | "medium" | "high" | "critical";
  /** One sentence: what happened, who to whom. */
  readonly summary: string;
  /** What a responder wants to know first, in the order in which it is read. */
  readonly facts: readonly AlertFact[];
  /** For grouping and routing; names `[a-zA-Z_][a-zA-Z0-9_]*`, no empty values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ms since the epoch. */
  readonly firstSeen: number;
  /** Of its latest flow, ms since the epoch. */
  readonly lastSeen: number;
  /** What to look up: `source`, `destination`, `port`, `uid`, `object`; the placeholders of link templates. */
  readonly subject: Readonly<Record<string, string>>;
  /** Name of a page in the runbooks folder, or an https URL. */
  readonly runbook?: string | undefined;
}

export interface AlertLink {
  /** What the link is called. */
  readonly title: string;
  /** Where it leads, with its placeholders filled in. */
  readonly url: string;
}

/**
 * Tells people. `notify` resolves when the other side has taken the alert, not before, and throws a Failure: of the drawer `batch` when this
 * alert is refused, of the others when it is about the receiver, the way to it, or its credentials. It does not repeat by itself.
 */
export interface Notifier {
  /** Least time between two messages, in ms. */
  readonly paceMs: number;
  /** Tells the receiver of one alert. */
  notify(alert: Alert, links: readonly AlertLink[], signal: AbortSignal): Promise<void>;
  /** As a sink's, of a notifier whose receiver can be asked without telling anybody. */
  probe?(signal: AbortSignal): Promise<string>;
  /** Releases connections; nothing is told after it. */
  close?(): Promise<void>;
}

export interface NotifierDependencies {
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  /** Where credentials and proxies are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** As a sink's. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** As a sink's. */
  readonly secrets?: Secrets | undefined;
}
