import { z } from "zod";
import type { Notifier, NotifierDependencies } from "../contracts/alert.ts";
import type { Component } from "../contracts/component.ts";
import { LEVELS } from "../detect/rule.ts";
import { durationText } from "../lib/durations.ts";
import { NOTIFIERS } from "../registry.ts";

const ownOptions = z.strictObject({
  rules: z.string().min(1).optional().describe("Folder of detection rules; by default those that ship with the program"),
  disabled: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names of rules that are switched off: they mark no flow and tell nobody. A correlation that looks at a rule that is switched off still does; to switch off the correlation too, name it",
    ),
  minLevel: z
    .enum(LEVELS)
    .default("medium")
    .describe("Least level of a rule that tells somebody; rules below it still mark flows"),
  lateness: durationText().default("1h").describe("Flows older than this tell nobody: a replay or a backfill is not news"),
  links: z
    .array(
      z.strictObject({
        title: z.string().min(1).describe("What the link is called"),
        url: z
          .string()
          .regex(/^https?:\/\//, "expected a URL that begins with http:// or https://")
          .describe("URL with placeholders: {source} {destination} {port} {uid} {object} {rule} {from} {to} {fromMs} {toMs}"),
      }),
    )
    .max(10)
    .default([])
    .describe("Links into your backend, for each alert"),
  runbookUrl: z
    .string()
    .regex(
      /^https?:\/\/.*\{runbook\}/,
      "expected a URL with the placeholder {runbook}, as in https://wiki.example/runbooks/{runbook}",
    )
    .optional()
    .describe(
      "URL of the runbook pages, with {runbook} for the name of the page, as in https://wiki.example/runbooks/{runbook}; without it messages name the file, as in deploy/runbooks/beacon.md",
    ),
});

/** The `alerts` block of a configuration, with a block for each kind of notifier. */
export function alertOptions() {
  const blocks = NOTIFIERS.map((notifier) => [blockOf(notifier), notifier.options.optional().describe(notifier.summary)]);
  return ownOptions.extend(Object.fromEntries(blocks) as Record<never, z.ZodType>);
}

/** The blocks of notifiers are as their own options have it. */
export type AlertOptions = z.output<typeof ownOptions> & Readonly<Record<string, unknown>>;

type NotifierKind = Component<unknown, NotifierDependencies, Notifier>;

/** A kind of notifier with what its block says. */
export interface NotifierBlock {
  readonly key: string;
  readonly kind: NotifierKind;
  readonly options: unknown;
}

/** What the block of a notifier is called: its type in camel case. */
function blockOf({ type }: NotifierKind): string {
  return type.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The notifiers that have a block. */
export function notifierBlocks(alerts: AlertOptions): NotifierBlock[] {
  return NOTIFIERS.flatMap((kind) => {
    const key = blockOf(kind);
    return alerts[key] === undefined ? [] : [{ key, kind, options: alerts[key] }];
  });
}

/** The options under which rules mark flows and nobody is told. */
export function tellingNobody(alerts: AlertOptions): AlertOptions {
  return { ...alerts, ...Object.fromEntries(NOTIFIERS.map((kind) => [blockOf(kind), undefined])) };
}
