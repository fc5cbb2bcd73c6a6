import type { ReportData } from "./data.ts";
import { type Column, nothing, section, table } from "./parts.ts";
import { count, endHtml, minute, plural } from "./words.ts";

const at = (time: number | undefined): string => (time === undefined ? "" : minute(time));

export function rejectedSources({ rejectedSources: all, totals }: ReportData): string {
  const lead = "Who was turned away most, at how many hosts and ports.";
  if (all.length === 0) return section("rejected", "Rejected sources", lead, nothing("No flow was rejected."));
  const hasCountry = all.some(({ country }) => country !== undefined);
  const columns: Column[] = [
    { name: "Source" },
    { name: "Zone" },
    ...(hasCountry ? [{ name: "Country" }] : []),
    { name: "Rejected", kind: "number" },
    { name: "Hosts", kind: "number" },
    { name: "Ports", kind: "number" },
    { name: "Last seen", kind: "time" },
  ];
  const rows = all.map((one) => [
    ...[endHtml(one), one.zone],
    ...(hasCountry ? [one.country] : []),
    ...[one.rejected, one.hosts, one.ports, at(one.last)],
  ]);
  const caption = `The ${all.length} with most of ${count(totals.rejected)} rejected flows`;
  return section("rejected", "Rejected sources", lead, table(caption, columns, rows));
}

export function exposures({ exposures: all }: ReportData): string {
  const lead = "Ports of administration, databases and file shares at which addresses outside were let in.";
  if (all.length === 0) return section("exposures", "Exposures", lead, nothing("Nobody outside was let in at such a port."));
  const columns: Column[] = [
    { name: "Host" },
    { name: "Port", kind: "number" },
    { name: "Service" },
    { name: "Sources", kind: "number" },
    { name: "Flows", kind: "number" },
    { name: "Last seen", kind: "time" },
    { name: "By rule" },
  ];
  const rows = all.map((one) => [endHtml(one), String(one.port), one.service, one.sources, one.flows, at(one.last), one.rule]);
  return section(
    "exposures",
    "Exposures",
    lead,
    table(`${plural(all.length, "open port")}, those with most sources first`, columns, rows),
  );
}

export function suspects({ suspects: all, findings }: ReportData): string {
  const lead =
    "Scans (15 ports of a host or 25 hosts in five minutes), guessed passwords (ten rejects an hour or 15 short sessions in five minutes at a port of administration) and beacons (20 connections outside or more at regular intervals). A suspicion is no proof.";
  const columns: Column[] = [
    { name: "Suspected" },
    { name: "Source" },
    { name: "Target" },
    { name: "Why" },
    { name: "Last seen", kind: "time" },
  ];
  const rows = all.map((one) => [one.kind, endHtml(one.source), one.target, one.evidence, at(one.last)]);
  const found = findings.map(({ rule, flows, sources, last }) => [rule, flows, sources, at(last)]);
  const foundColumns: Column[] = [
    { name: "Detection" },
    { name: "Flows", kind: "number" },
    { name: "Sources", kind: "number" },
    { name: "Last seen", kind: "time" },
  ];
  const inner = [
    all.length === 0 ? nothing("Nobody is suspected.") : table(plural(all.length, "suspect"), columns, rows),
    found.length === 0
      ? ""
      : `<h3>What the detections found</h3>${table("Flows that matched a detection while a worker looked at them", foundColumns, found)}`,
  ];
  return section("suspects", "Suspects", lead, inner.join("\n"));
}

const MOST_RULES = 20;

export function advice({ advice: all }: ReportData): string {
  const lead =
    "What the flows of this time leave of the rules of the network. For proposals with their rules, proof and rollback: flowferry report advise.";
  if (typeof all === "string") return section("advice", "Advice in short", lead, nothing(all));
  const { rules, insufficient, unexplained, accepted } = all;
  const notes = insufficient.map((reason) => `No proposal where evidence is insufficient: ${reason}.`);
  if (unexplained > 0) {
    const flows = `${count(unexplained)} of ${count(accepted)} accepted flows`;
    notes.push(`${flows} are covered by no rule of the description: it may be out of date.`);
  }
  const columns: Column[] = [
    { name: "Rule" },
    { name: "List" },
    { name: "Finding" },
    { name: "Why" },
    { name: "Flows", kind: "number" },
    { name: "Advice" },
  ];
  const [found, fine] = [rules.filter(({ isFine }) => !isFine), rules.filter(({ isFine }) => isFine)];
  const rows = [...found, ...fine]
    .slice(0, MOST_RULES)
    .map(({ text, list, finding, why, flows, advice: say }) => [text, list, finding, why, flows, say]);
  const caption = `${found.length} of ${plural(rules.length, "rule")} could go, or be narrower`;
  const inner = [rules.length === 0 ? nothing("The lists have no rules.") : table(caption, columns, rows), ...notes.map(nothing)];
  return section("advice", "Advice in short", lead, inner.join("\n"));
}
