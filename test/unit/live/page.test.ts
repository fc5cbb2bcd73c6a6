import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { POLICY, statusPage } from "../../../src/live/page.ts";
import type { Snapshot } from "../../../src/live/snapshot.ts";

const AT = Date.UTC(2026, 0, 5, 12);
const empty: Snapshot = {
  ...{ version: "1.2.3", at: AT, startedAt: AT - 300_000, problems: [], sources: [], sinks: [], topics: [], tables: [] },
  ...{ alerts: [], notifiers: [], missing: [], parked: [], undecodable: 0 },
};

const text = (html: string) =>
  html
    .replace(/<style>.*<\/style>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

test("shows what flows, what lags and what is wrong, and leaves out what there is none of", () => {
  const sink = {
    delivered: 1234,
    rejected: 1,
    setAside: 2,
    filtered: 0,
    sampled: 0,
    aggregated: 0,
    waiting: 3,
    lagMs: 90_000,
    lastDelivery: AT - 60_000,
  };
  const html = statusPage({
    ...empty,
    problems: [{ part: "sink otlp", drawer: "person", code: "x", reason: "401", since: AT - 7_200_000 }],
    sources: [{ name: "bucket", flowsPerSecond: 12.4, flows: 5000, objects: 7, parked: 0 }],
    sinks: [{ name: "otlp", flowsPerSecond: 0.25, ...sink }],
    topics: [{ name: "flowferry-objects", messages: 4321 }],
    tables: [{ file: "/etc/servers.csv", rows: 10, changedAt: AT - 3 * 86_400_000, problem: undefined }],
  });
  const said = text(html);
  expect(said).toContain("up 5 m, as of 2026-01-05 12:00:00 UTC");
  expect(said).toContain("sink otlp does not do its work for 2 h: 401");
  expect(said).toContain("bucket 12 5,000 7 0");
  expect(said).toContain("otlp 0.3 1,234 90 s 3 2 1 0 0 0 60 s ago");
  expect(said).toContain("Messages that wait in Kafka source or topic messages flowferry-objects 4,321");
  expect(said).toContain("/etc/servers.csv 10 3 d ago in use");
  for (const absent of ["Alerts", "missing", "cannot be read now"]) expect(said).not.toContain(absent);
  expect(text(statusPage(empty))).toContain("Everything does its work.");
  expect(text(statusPage(empty))).not.toContain("Kafka");
});

test("nothing that others named becomes markup, and the page asks for nothing", () => {
  const hostile = `<script>alert(1)</script>"onload='x'&`;
  const html = statusPage({
    ...empty,
    alerts: [{ at: AT, level: "high", rule: "r", summary: hostile }],
    missing: [{ source: "s", kind: "skip-data", count: 1, lastMessage: hostile, lastAt: AT }],
    parked: [{ source: "s", key: hostile, attempts: 1, nextAt: AT, reason: hostile }],
  });
  expect(html).not.toContain("<script");
  expect(html.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;onload='x'&amp;/g)).toHaveLength(4);
  expect(html).not.toMatch(/\b(?:src|href|action)=|url\(|@import/);
});

test("the policy allows the one style sheet of the page, and nothing else", () => {
  const style = /<style>(.*)<\/style>/s.exec(statusPage(empty))?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(POLICY).toContain(`style-src 'sha256-${hash}'`);
  expect(POLICY).toMatch(/^default-src 'none';/);
});
