import { readFile } from "node:fs/promises";
import { type AlertOptions, BUILTIN_RULES } from "../config/alerts.ts";
import { disableRules } from "../detect/disable.ts";
import { formatRuleError, type RuleError, type RuleFile, type RuleSet, readRuleFiles, readRules } from "../detect/load.ts";
import { readTune } from "../detect/tuning.ts";
import { asset } from "../lib/assets.ts";
import { describeError, UsageError } from "../lib/errors.ts";

/** What the options say of rules. */
export type RuleOptions = Pick<AlertOptions, "rules" | "tune" | "except" | "disabled">;

/** The texts that the options name: of rules, of exceptions, and of what is tuned. */
export interface RuleTexts {
  readonly files: readonly RuleFile[];
  readonly tune: RuleFile | undefined;
  /** Of files that cannot be read. */
  readonly errors: readonly RuleError[];
}

/** Folders and files of rules and of exceptions. */
function placesOf({ rules = BUILTIN_RULES, except }: RuleOptions): string[] {
  const folders = [rules].flat().map((place) => (place === BUILTIN_RULES ? asset("deploy/detections") : place));
  return [...folders, ...except.filter((item) => typeof item === "string")];
}

/** Whether the rules that ship with the program are not among those of the options. */
export function hidesShipped({ rules = BUILTIN_RULES }: RuleOptions): boolean {
  return ![rules].flat().includes(BUILTIN_RULES);
}

/** One line that says so. */
export const SHIPPED_HIDDEN = `the rules that ship with flowferry do not run: alerts.rules names others alone (\`[${BUILTIN_RULES}, …]\` has both)`;

/** Throws UsageError where a file or folder cannot be read. */
export async function readTexts(options: RuleOptions): Promise<RuleTexts> {
  const { files, errors } = await readRuleFiles(placesOf(options));
  const { tune } = options;
  if (typeof tune !== "string") return { files, tune: undefined, errors };
  try {
    return { files, tune: { file: tune, text: await readFile(tune, "utf8") }, errors };
  } catch (error) {
    throw new UsageError("bad-alerts", `alerts.tune: ${tune} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

/**
 * The rules of these texts as the options have them, without those that are switched off. Throws UsageError where there is no valid rule,
 * where what is tuned or excepted is wrong, and for a rule to switch off that is none.
 */
export function rulesOf(texts: RuleTexts, options: RuleOptions): RuleSet {
  const { tune, except, disabled } = options;
  const wrong: RuleError[] = [];
  const tuned =
    texts.tune === undefined
      ? { tune: typeof tune === "string" ? {} : tune }
      : readTune(texts.tune.text, texts.tune.file, (line, message) =>
          wrong.push({ file: texts.tune?.file ?? "", line, message }),
        );
  const exceptions = except.filter((item) => typeof item !== "string");
  const { rules, errors } = readRules(texts.files, { ...tuned, exceptions });
  const own = errors.filter(({ file }) => file.startsWith("alerts.") || file === texts.tune?.file);
  if (wrong.length + own.length > 0) throw new UsageError("bad-alerts", [...wrong, ...own].map(formatRuleError).join("\n"));
  const all = [...texts.errors, ...errors];
  if (rules.length === 0) {
    const line = `there is no valid rule in ${placesOf(options).join(", ")}`;
    throw new UsageError("no-rules", [line, ...all.map(formatRuleError)].join("\n"));
  }
  return { rules: disableRules(rules, disabled), errors: all };
}

/** The rules of a configuration. Throws UsageError as `readTexts` and `rulesOf`. */
export async function loadEnabledRules(options: RuleOptions): Promise<RuleSet> {
  return rulesOf(await readTexts(options), options);
}
