import { z } from "zod";
import { LEVELS } from "../detect/rule.ts";
import { durationText } from "../lib/durations.ts";
import type { NotifierKind, Registry } from "../registry.ts";

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    // What it throws says that there is no such zone.
    return false;
  }
}

/** What a link may ask for, in braces. */
const PLACEHOLDERS = ["source", "destination", "port", "uid", "object", "rule", "from", "to", "fromMs", "toMs"];

/** In `alerts.rules`: the rules that ship with the program. */
export const BUILTIN_RULES = "builtin";

const ownOptions = z.strictObject({
  rules: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      "Folders and files of detection rules; `builtin` stands for those that ship with the program, which are the default. As in [builtin, ./my-rules]",
    ),
  tune: z
    .union([z.string().min(1), z.record(z.string(), z.record(z.string(), z.unknown()))])
    .default({})
    .describe(
      "Thresholds, times and levels of rules, by name: level, throttle, dedup, of correlations gte and timespan, of detectors their options. As in {brute_force: {gte: 50, throttle: 6h, level: high}}, or the name of a YAML file that holds such a map",
    ),
  except: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({
          title: z.string().min(1).optional().describe("Why, for whoever reads it later"),
          rules: z.array(z.string().min(1)).min(1).optional().describe("Names of rules; without it every rule"),
          when: z
            .record(z.string(), z.unknown())
            .refine((when) => Object.keys(when).length > 0, "names no field")
            .describe(
              "Fields of a flow with their values, as in a rule's `detection`: {sourceServer: backup-1, destinationAddress|cidr: 192.0.2.0/24}",
            ),
        }),
      ]),
    )
    .default([])
    .describe("What rules leave alone: selections, or files of Sigma filters"),
  disabled: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names of rules that are switched off: they mark no flow and tell nobody. A correlation that looks at a rule that is switched off still does; to switch off the correlation too, name it",
    ),
  minLevel: z
    .enum(LEVELS)
    .default("medium")
    .describe(
      "Least level of a rule that tells somebody; rules below it still mark flows. The digests of a day are told up to medium; `disabled` switches them off",
    ),
  lateness: durationText()
    .default("2h")
    .describe(
      "Flows older than this tell nobody: a replay or a backfill is not news. Objects of OCI hold up to 65 minutes, and appear when these are over",
    ),
  timeZone: z
    .string()
    .refine(isTimeZone, "expected a name of the IANA database, as in Europe/Berlin")
    .default("UTC")
    .describe("Time zone of the times in messages, by the IANA database, as in Europe/Berlin"),
  links: z
    .array(
      z.strictObject({
        title: z.string().min(1).describe("What the link is called"),
        url: z
          .string()
          .regex(/^https?:\/\//, "expected a URL that begins with http:// or https://")
          .superRefine((url, context) => {
            for (const [, name = ""] of url.matchAll(/\{(\w+)\}/g)) {
              if (PLACEHOLDERS.includes(name)) continue;
              const message = `there is no placeholder {${name}}: ${PLACEHOLDERS.map((known) => `{${known}}`).join(" ")}`;
              context.addIssue({ code: "custom", message });
            }
          })
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
export function alertOptions(notifiers: Registry["notifiers"]) {
  const blocks = [...notifiers].map(([key, { options, summary }]) => [key, options.optional().describe(summary)]);
  return ownOptions.extend(Object.fromEntries(blocks) as Record<never, z.ZodType>);
}

/** A kind of notifier with what its block says. */
export interface NotifierBlock {
  /** What the block is called. */
  readonly key: string;
  readonly kind: NotifierKind;
  readonly options: unknown;
}

export interface AlertOptions extends z.output<typeof ownOptions> {
  /** The notifiers that have a block; none under which rules mark flows and nobody is told. */
  readonly notifiers: readonly NotifierBlock[];
}

/** The options of the block as `alertOptions` gives them, which are those of notifiers too. */
export function alertOptionsOf(block: z.output<typeof ownOptions>, notifiers: Registry["notifiers"]): AlertOptions {
  const blocks: Readonly<Record<string, unknown>> = { ...block };
  return {
    ...block,
    notifiers: [...notifiers].flatMap(([key, kind]) => (blocks[key] === undefined ? [] : [{ key, kind, options: blocks[key] }])),
  };
}
