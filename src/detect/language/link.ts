import { and, type Condition } from "../condition.ts";
import { hint } from "../hint.ts";
import type { CorrelationRule, DetectionRule, Rule } from "../rule.ts";
import { buildCorrelation } from "./build-correlation.ts";
import { buildMeta, buildRule } from "./build-rule.ts";
import type { CorrelationDraft, DetectionDraft, Draft, FilterDraft } from "./draft.ts";
import type { YamlDocument } from "./yaml-file.ts";

type RuleDraft = DetectionDraft | CorrelationDraft;

/** Takes what is wrong, with the document and the line. */
export type LinkReport = (document: YamlDocument, line: number, message: string) => void;

/**
 * Rules from drafts: names are resolved, filters added to the conditions of the rules they name, and rules that only
 * feed correlations silenced. Order is kept. `refused` are the names (with their place) of rules that failed before.
 */
export function link(drafts: readonly Draft[], refused: ReadonlyMap<string, string>, report: LinkReport): Rule[] {
  const rules = drafts.filter((draft): draft is RuleDraft => draft.kind !== "filter");
  const index = indexByName(rules, report);
  const find = (name: string, document: YamlDocument, line: number): RuleDraft | undefined => {
    const found = index.get(name.toLowerCase());
    if (found !== undefined) return found;
    const where = refused.get(name.toLowerCase());
    const names = rules.map((draft) => draft.content.name);
    const reason = where === undefined ? `unknown rule '${name}'${hint(name, names)}` : `rule '${name}' is refused (${where})`;
    report(document, line, reason);
    return undefined;
  };
  const exceptions = collectFilters(drafts, find);
  const silent = findSilent(rules, index);
  const built = new Map<RuleDraft, Rule | undefined>();
  const open: RuleDraft[] = [];

  /** The rules that `common` names, undefined after one was refused. */
  const countedOf = (draft: DetectionDraft): (DetectionRule | undefined)[] | undefined => {
    let isRefused = false;
    const counted = (draft.content.flow?.common ?? []).map(({ rule: name }, position) => {
      if (name === undefined) return undefined;
      const line = draft.document.lineOf(["flow", "common", position, "rule"]);
      const target = find(name, draft.document, line);
      const stands = target?.kind === "detection" && target.content.flow?.common === undefined;
      const rule = stands ? build(target) : undefined;
      if (rule?.kind === "detection") return rule;
      isRefused = true;
      if (target !== undefined && (!stands || rule !== undefined))
        report(draft.document, line, `'${name}' is no rule with detection that has neither a detector nor common`);
      return undefined;
    });
    return isRefused ? undefined : counted;
  };

  const build = (draft: RuleDraft): Rule | undefined => {
    if (built.has(draft)) return built.get(draft);
    const problem = (line: number, message: string): undefined => report(draft.document, line, message) as undefined;
    const meta = buildMeta(draft, !silent.has(draft), problem);
    for (const [position, name] of (meta?.unless ?? []).entries())
      find(name, draft.document, draft.document.lineOf(["flow", "unless", position]));
    let rule: Rule | undefined;
    if (draft.kind === "detection") {
      const filters = exceptions.get(draft) ?? [];
      const condition: Condition = and([draft.condition, ...filters.map((filter) => filter.condition)]);
      const titles = filters.map((filter) => filter.content.title);
      const counted = countedOf(draft);
      if (meta !== undefined && counted !== undefined) rule = buildRule(draft, meta, condition, titles, counted, problem);
    } else {
      open.push(draft);
      const parts = draft.content.correlation.rules.map((name, position) => {
        const line = draft.document.lineOf(["correlation", "rules", position]);
        const target = find(name, draft.document, line);
        if (target === undefined) return undefined;
        if (!open.includes(target)) return build(target);
        const loop = [...open.slice(open.indexOf(target)), target].map((member) => member.content.name);
        return problem(line, `correlations refer to each other in a loop: ${loop.join(" -> ")}`);
      });
      open.pop();
      const complete = parts.filter((part) => part !== undefined);
      if (meta !== undefined && complete.length === parts.length) {
        const correlation = buildCorrelation(draft, complete, problem);
        rule = correlation && ({ ...meta, kind: "correlation", correlation } satisfies CorrelationRule);
      }
    }
    built.set(draft, rule);
    return rule;
  };
  return rules.map(build).filter((rule) => rule !== undefined);
}

type Find = (name: string, document: YamlDocument, line: number) => RuleDraft | undefined;

function indexByName(rules: readonly RuleDraft[], report: LinkReport): Map<string, RuleDraft> {
  const index = new Map<string, RuleDraft>();
  for (const draft of rules) {
    for (const key of ["name", "id"] as const) {
      const value = draft.content[key]?.toLowerCase();
      if (value === undefined) continue;
      const other = index.get(value);
      if (other === undefined) index.set(value, draft);
      else {
        const line = draft.document.lineOf([key]);
        report(draft.document, line, `${key} '${value}' is taken by ${other.document.file}:${other.document.lineOf([key])}`);
      }
    }
  }
  return index;
}

/**
 * The filters of each detection. One that names a correlation is for the detections that it is made of, and so for whatever else looks at
 * these.
 */
function collectFilters(drafts: readonly Draft[], find: Find): Map<RuleDraft, FilterDraft[]> {
  const exceptions = new Map<RuleDraft, Set<FilterDraft>>();
  const detections = drafts.filter((draft): draft is DetectionDraft => draft.kind === "detection");
  const leavesOf = (draft: RuleDraft, seen: Set<RuleDraft>): RuleDraft[] => {
    if (seen.has(draft)) return [];
    seen.add(draft);
    if (draft.kind === "detection") return [draft];
    return draft.content.correlation.rules.flatMap((name, position) => {
      const part = find(name, draft.document, draft.document.lineOf(["correlation", "rules", position]));
      return part === undefined ? [] : leavesOf(part, seen);
    });
  };
  for (const filter of drafts) {
    if (filter.kind !== "filter") continue;
    const { rules } = filter.content.filter;
    const targets =
      rules === "any"
        ? detections
        : rules.flatMap((name, position) => {
            const target = find(name, filter.document, filter.document.lineOf(["filter", "rules", position]));
            return target === undefined ? [] : leavesOf(target, new Set());
          });
    for (const target of targets) exceptions.set(target, (exceptions.get(target) ?? new Set()).add(filter));
  }
  return new Map([...exceptions].map(([draft, filters]) => [draft, [...filters]]));
}

/** Rules that a correlation or `common` refers to, unless one of their correlations says `generate: true`; one with a level of its own is no mere part of `common`. */
function findSilent(rules: readonly RuleDraft[], index: ReadonlyMap<string, RuleDraft>): Set<RuleDraft> {
  const silent = new Set<RuleDraft>();
  const loud = new Set<RuleDraft>();
  for (const { kind, content } of rules) {
    if (kind === "detection") {
      for (const { rule = "" } of content.flow?.common ?? []) {
        const counted = index.get(rule.toLowerCase());
        if (counted !== undefined && counted.content.level === undefined) silent.add(counted);
      }
      continue;
    }
    for (const name of content.correlation.rules) {
      const target = index.get(name.toLowerCase());
      if (target !== undefined) (content.correlation.generate === true ? loud : silent).add(target);
    }
  }
  return silent.difference(loud);
}
