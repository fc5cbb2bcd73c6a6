import { BUILTIN_RULES } from "../config/alerts.ts";
import { formatRuleError, type RuleFile, type RuleSet, ruleFilesOf } from "../detect/load.ts";
import type { Rule } from "../detect/rule.ts";
import { CLOCK, type Clock } from "../lib/clock.ts";
import { describeError } from "../lib/errors.ts";
import { look } from "../lib/look.ts";
import { type RuleOptions, type RuleTexts, readTexts, rulesOf } from "./rule-set.ts";

/** What is told of the files of rules while they are watched. */
export interface RuleEvents {
  /** These rules are to be used from now on; one line says what is new of them. Throws UsageError for rules that cannot be used. */
  onRules(rules: readonly Rule[], message: string): void;
  /** A file is wrong or gone, and what was last good of it stays in use. Told once, until something changes. */
  onRefused(message: string): void;
  /** What is in use is what the files hold, again. */
  onRecovered(): void;
}

const REFRESH_MS = 1_000;
/** Pause between two looks while a file changes, in ms. */
const NEAR_MS = 250;
/** For so long the files must look the same before they are read, in ms: nobody is writing. */
const REST_MS = 2_500;

/**
 * Looks at the files of rules, of exceptions and of what is tuned, as long as it is not closed; those that ship with the program do not change.
 * What has changed and rests is taken over in one step. Of a file that is wrong, what was good before stays in use, as `texts` and
 * `rules` are at the start. The watch does not keep the process alive.
 */
export async function watchRules(
  options: RuleOptions,
  start: RuleSet & { readonly texts: RuleTexts },
  events: RuleEvents,
  clock: Clock = CLOCK,
): Promise<{ close(): void }> {
  const closing = new AbortController();
  const { signal } = closing;
  const places = ownPlaces(options);
  if (places.length === 0) return { close: () => {} };
  let inUse = start.rules;
  /** What was last good of each file. */
  let good = goodOf(start.texts, start);
  let goodTune = start.texts.tune;
  let told: string | undefined;
  let read = await stampOf(places);
  let last = read;
  let since = clock.now();

  const refuse = (message: string): void => {
    if (told === message) return;
    told = message;
    events.onRefused(message);
  };

  const take = (texts: RuleTexts): void => {
    const found = lastGood(texts, options, good, goodTune);
    if (found.rules !== undefined) {
      const changes = changesOf(inUse, found.rules);
      if (changes !== "") events.onRules(found.rules, `rules reloaded: ${changes}`);
      inUse = found.rules;
      good = found.good;
      goodTune = found.tune;
    }
    if (found.refusal !== undefined) refuse(`${found.refusal}; what was good before stays in use`);
    else if (told !== undefined) {
      told = undefined;
      events.onRecovered();
    }
  };

  /** Whether there is more to see soon. */
  const tick = async (): Promise<boolean> => {
    const seen = await stampOf(places);
    if (seen !== last) {
      last = seen;
      since = clock.now();
    }
    if (seen === read) return false;
    if (clock.now() - since < REST_MS) return true;
    try {
      const texts = await readTexts(options);
      if ((await stampOf(places)) !== seen) return true;
      if (!signal.aborted) take(texts);
    } catch (error) {
      refuse(`${describeError(error)}; the rules stay as they are`);
    }
    read = seen;
    return false;
  };

  const watch = async () => {
    for (let soon = false; ; ) {
      await clock.wait(soon ? NEAR_MS : REFRESH_MS, signal, "background");
      if (signal.aborted) return;
      soon = await tick();
    }
  };
  void watch();
  return { close: () => closing.abort() };
}

/** What may change while the program runs. */
function ownPlaces({ rules = BUILTIN_RULES, except, tune }: RuleOptions): string[] {
  const own = [rules].flat().filter((place) => place !== BUILTIN_RULES);
  return [...own, ...except.filter((item) => typeof item === "string"), ...(typeof tune === "string" ? [tune] : [])];
}

/** Changes with every file that is there. */
async function stampOf(places: readonly string[]): Promise<string> {
  const stamps = places.map(async (place) => {
    const files = await ruleFilesOf(place).catch(() => [place]);
    const looks = await Promise.all(files.map(async (file) => `${file} ${(await look(file)).stamp}`));
    return [place, ...looks].join("\n");
  });
  return (await Promise.all(stamps)).join("\n");
}

function goodOf(texts: Pick<RuleTexts, "files">, { errors }: Pick<RuleSet, "errors">): ReadonlyMap<string, RuleFile> {
  const wrong = new Set(errors.map(({ file }) => file));
  return new Map(texts.files.filter(({ file }) => !wrong.has(file)).map((file) => [file.file, file]));
}

interface LastGood {
  /** Undefined where nothing can be taken. */
  readonly rules: readonly Rule[] | undefined;
  readonly good: ReadonlyMap<string, RuleFile>;
  readonly tune: RuleFile | undefined;
  /** What is not as its file says, and why. */
  readonly refusal: string | undefined;
}

/** The rules of the texts; of files that are wrong, those of their last good texts. */
function lastGood(
  texts: RuleTexts,
  options: RuleOptions,
  good: ReadonlyMap<string, RuleFile>,
  goodTune: RuleFile | undefined,
): LastGood {
  const attempt = (tried: RuleTexts): RuleSet | string => {
    try {
      return rulesOf(tried, options);
    } catch (error) {
      return describeError(error);
    }
  };
  const first = attempt(texts);
  if (typeof first !== "string" && first.errors.length === 0) {
    return { rules: first.rules, good: goodOf(texts, first), tune: texts.tune, refusal: undefined };
  }
  const refusal = typeof first === "string" ? first : first.errors.map(formatRuleError).join("; ");
  const wrong = new Set(typeof first === "string" ? [] : first.errors.map(({ file }) => file));
  const { files, errors } = withGood(texts, wrong, good);
  // What is tuned may be wrong for the rules as they are now, and so is tried as it was.
  for (const tune of typeof first === "string" ? [goodTune] : [texts.tune]) {
    const second = attempt({ files, tune, errors });
    if (typeof second === "string") continue;
    if (second.errors.some(({ file }) => good.has(file))) continue;
    return { rules: second.rules, good: goodOf({ files }, second), tune, refusal };
  }
  return { rules: undefined, good, tune: goodTune, refusal };
}

/** The texts with what was good of the wrong files, whether these can be read or not. */
function withGood(
  texts: RuleTexts,
  wrong: ReadonlySet<string>,
  good: ReadonlyMap<string, RuleFile>,
): Pick<RuleTexts, "files" | "errors"> {
  const files = texts.files.map((file) => (wrong.has(file.file) ? (good.get(file.file) ?? file) : file));
  const unread = texts.errors.flatMap(({ file }) => good.get(file) ?? []);
  return { files: [...files, ...unread], errors: texts.errors.filter(({ file }) => !good.has(file)) };
}

/** `2 changed (a, b), 1 added (c)`; empty where nothing is. */
function changesOf(before: readonly Rule[], after: readonly Rule[]): string {
  const textOf = (rule: Rule): string => JSON.stringify(rule, (key, value) => (key === "line" ? undefined : value));
  const [old, now] = [before, after].map((rules) => new Map(rules.map((rule) => [rule.name, textOf(rule)])));
  if (old === undefined || now === undefined) return "";
  const kinds: [string, string[]][] = [
    ["changed", [...now].filter(([name, text]) => old.has(name) && old.get(name) !== text).map(([name]) => name)],
    ["added", [...now.keys()].filter((name) => !old.has(name))],
    ["removed", [...old.keys()].filter((name) => !now.has(name))],
  ];
  return kinds.flatMap(([kind, names]) => (names.length === 0 ? [] : [`${names.length} ${kind} (${some(names)})`])).join(", ");
}

const SHOWN = 10;

function some(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(", ")} and ${more} more` : names.join(", ");
}
