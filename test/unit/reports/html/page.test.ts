import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { ReportData, Totals } from "../../../../src/reports/html/data.ts";
import { page } from "../../../../src/reports/html/page.ts";
import { type Draw, openCharts } from "../../../../src/reports/html/svg.ts";

const AT = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
/** A name that a lookup table, or a log, could hold. */
const EVIL = `</text></svg><script>alert(1)</script>]]>"'&\u202Emoc.live\u0000`;
/** As it is to stand there: what turns the direction and what controls is shown. */
const SHOWN = "&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&#39;&amp;\\u202emoc.live\\u0000";

const TOTALS: Totals = {
  ...{ flows: 30, bytes: 2_500_000, packets: 300, accepted: 20, rejected: 10, captured: 29, idle: 0, lost: 1, timeless: 0 },
  ...{ undirected: 2, subnetless: 30, first: AT, last: AT + 5 * HOUR },
};

function dataOf(name: string): ReportData {
  const end = { address: name, server: name };
  const last = AT + HOUR;
  const cluster = {
    ...{ since: AT, until: last, from: name, to: name, transfers: 2, flows: 3, bytes: 2e6, smallest: 9e5, largest: 11e5 },
    ...{ usual: 1000, compared: "pair", score: 9.1, correlated: [`Source ${name}: 2 of 2, lift 21`] },
  };
  return {
    ...{ since: AT, until: AT + 6 * HOUR, totals: TOTALS, sources: 4, destinations: 5, step: HOUR },
    before: { ...TOTALS, flows: 20, bytes: 5_000_000, rejected: 5 },
    moments: Array.from({ length: 6 }, (_, hour) => ({ at: AT + hour * HOUR, accepted: 3, rejected: hour, bytes: 1000 * hour })),
    silent: [{ since: AT + HOUR, until: AT + 3 * HOUR }],
    week: Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => day * hour)),
    services: [{ name, flows: 20, bytes: 2e6, before: 1e6 }],
    pairs: [{ day: AT, source: end, destination: end, from: name, to: name, flows: 3, bytes: 2e6 }],
    ...{ pairCount: 1, bubblesLeft: 0, bubbleStep: HOUR, unusualCount: 1, portCount: 1, portFlows: 20 },
    bubbles: [{ at: AT, from: name, to: name, transfers: 2, bytes: 2e6, smallest: 9e5, largest: 11e5 }],
    ranges: [{ from: 9e5, to: 11e5, transfers: 2 }],
    ...{ largest: cluster, unusual: [cluster] },
    talkers: [{ ...end, zone: name, sent: 2e6, received: 1000, peers: 1 }],
    ports: [{ protocol: name, port: 443, service: name, flows: 20, bytes: 2e6 }],
    ways: [{ zone: name, subnet: name, service: name, action: "rejected", flows: 10 }],
    rejectedSources: [{ ...end, zone: name, country: name, rejected: 10, hosts: 1, ports: 2, last }],
    exposures: [{ ...end, port: 22, service: name, sources: 1, flows: 2, last, rule: name }],
    suspects: [{ kind: "scan", source: end, target: name, evidence: name, last }],
    findings: [{ rule: name, flows: 1, sources: 1, last }],
    advice: {
      ...{ days: 7, accepted: 20, unexplained: 3, insufficient: [name] },
      rules: [
        { list: name, text: "ingress all", finding: "used", why: name, flows: 1, advice: "keep", isFine: true },
        { list: name, text: name, finding: "over-broad", why: name, flows: 1, advice: "none", isFine: false },
      ],
    },
    passedOver: [`${name} is broken`],
    doubts: [`the first of what could not be read: ${name}`],
  };
}

let draw: Draw;
beforeAll(async () => {
  draw = await openCharts();
});
const pages = new Map<string, string>();
function html(name: string, changes: Partial<ReportData> = {}): string {
  const key = JSON.stringify([name, Object.keys(changes)]);
  const made =
    pages.get(key) ?? page({ ...dataOf(name), ...changes }, { title: name, at: AT + 7 * HOUR, isCompared: true, draw });
  pages.set(key, made);
  return made;
}
const count = (text: string, part: string | RegExp) => text.split(part).length - 1;

/** Start tags with their attributes, as a browser reads them. */
const tags = (text: string) =>
  [...text.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(([, name = "", rest = ""]) => ({
    name,
    attributes: new Map([...rest.matchAll(/([a-zA-Z:-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [key, value])),
  }));

describe("text of logs and tables", () => {
  test("stands there as text, wherever it is", () => {
    const text = html(EVIL);
    expect(text).not.toMatch(/<script|\p{Bidi_Control}|\p{Cc}(?<!\n)/u);
    expect(text).not.toContain("]]>");
    expect(count(text, SHOWN)).toBeGreaterThan(40);
  });

  test("makes no tag and no attribute: the page has the same as with a plain name", () => {
    const shape = (text: string) => tags(text.replace(/<style>[^<]*<\/style>/, "")).map(({ name }) => name);
    const wide = (name: string) => shape(html(name)).filter((tag) => !["text", "path", "g", "rect", "tspan"].includes(tag));
    expect(wide(EVIL)).toEqual(wide("plain"));
    expect(tags(html(EVIL)).flatMap(({ attributes }) => [...attributes.keys()].filter((key) => key.startsWith("on")))).toEqual(
      [],
    );
  });

  test("that reads from the right does not turn what stands beside it", () => {
    expect(html("שרת")).toContain("<bdi>שרת</bdi> <code>שרת</code>");
  });
});

describe("the page", () => {
  test("lets a browser apply its style sheet, and nothing else", () => {
    const text = html("web");
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? "";
    const digest = createHash("sha256").update(style).digest("base64");
    expect(text).toContain(
      `http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(text.indexOf("Content-Security-Policy")).toBeLessThan(text.indexOf("<style"));
    expect(count(text, "<style")).toBe(1);
    const found = tags(text.replace(style, ""));
    expect(found.filter(({ attributes }) => attributes.has("style")).length).toBe(0);
    const outside = found.flatMap(({ attributes }) => ["src", "href", "xlink:href"].flatMap((key) => attributes.get(key) ?? []));
    expect(outside.filter((target) => !target.startsWith("#"))).toEqual([]);
    expect(text).not.toMatch(/url\((?!#)|@import/);
  });

  test("has one of each id, and every link of it leads to one", () => {
    const found = tags(html("web"));
    const ids = found.flatMap(({ attributes }) => attributes.get("id") ?? []);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const needed = found.flatMap(({ attributes }) => [
      ...(attributes.get("href")?.slice(1).split(" ") ?? []),
      ...(attributes.get("aria-labelledby")?.split(" ") ?? []),
    ]);
    expect(needed.length).toBeGreaterThan(16);
    expect(needed.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("can be listened to: pictures have a title and a description, tables captions and headings", () => {
    const text = html("web");
    const pictures = text.split("<svg ").slice(1);
    expect(pictures.length).toBe(14);
    for (const picture of pictures)
      expect(picture).toMatch(/^[^>]*role="img"[^>]*><title id="[^"]+">[^<]+<\/title><desc id="[^"]+">[^<]+</);
    const tables = text.split("<table").slice(1);
    for (const table of tables) expect(table).toMatch(/^[^>]*><caption>[^<]+<\/caption><thead><tr><th scope="col"/);
    expect(count(text, '<th scope="row"')).toBeGreaterThan(tables.length);
    expect(text).toMatch(/<html lang="en">/);
    expect(count(text, "<h1")).toBe(1);
    expect(count(text, "<section aria-labelledby")).toBe(16);
  });

  test("has no colour of its own in a picture: the style sheet has them, for light and dark", () => {
    const colours = tags(html("web")).flatMap(({ attributes }) => [attributes.get("fill"), attributes.get("stroke")]);
    const own = colours.filter((one) => one !== undefined && !/^(none|transparent|var\(--[a-z0-9]+\))$/.test(one));
    expect(own).toEqual([]);
    expect(html("web")).toContain("prefers-color-scheme:dark");
  });

  test("compares with the time before", () => {
    const text = html("web");
    for (const said of ["+50 %", "−50 %", "20 % before", "Changes are against the 6 hours before, of which"])
      expect(text).toContain(said);
    // Its flows begin where the time of the report does.
    expect(text).toMatch(/before, of which there are flows only from [-0-9]+ [:0-9]+ on\./);
    const whole = page(
      { ...dataOf("web"), before: { ...TOTALS, first: AT - 6 * HOUR } },
      { title: "web", at: AT + 7 * HOUR, isCompared: true, draw },
    );
    expect(whole).toContain("Changes are against the 6 hours before.");
    expect(html("web", { before: undefined })).toContain("There are no flows of the 6 hours before to compare with.");
  });

  test("says what is missing", () => {
    const text = html("web");
    expect(text).toContain("Flows were lost: 1 record of the log (SKIPDATA)");
    expect(text).toContain("No flow in 2 hours between the first and the last: 2026-01-01 01:00 to 2026-01-01 03:00");
    expect(text).toContain("Passed over: web is broken");
    expect(text).toContain("Of no named subnet: 30 flows; ");
  });

  test("has the rules that could go or be narrower first, and why others have no proposal", () => {
    const [, advice = ""] = html("web").split(">Advice in short</h2>");
    expect(advice).toContain("1 of 2 rules could go, or be narrower");
    expect(advice.indexOf("over-broad")).toBeLessThan(advice.indexOf("ingress all"));
    expect(advice).toContain("No proposal where evidence is insufficient: web.");
    expect(advice).toContain("3 of 20 accepted flows are covered by no rule of the description");
  });

  test("says of each picture and table that has nothing to show that it has not", () => {
    const nothing: Partial<ReportData> = {
      ...{
        moments: [],
        week: Array.from({ length: 7 }, () => Array(24).fill(0)),
        services: [],
        pairs: [],
        bubbles: [],
        ranges: [],
      },
      ...{ largest: undefined, unusual: [], talkers: [], ports: [], ways: [], rejectedSources: [], exposures: [], suspects: [] },
      ...{ findings: [], advice: "No rules are known.", silent: [], passedOver: [], doubts: [] },
    };
    const text = html("web", nothing);
    expect(count(text, "<svg")).toBe(0);
    expect(count(text, "<section aria-labelledby")).toBe(16);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(html("web")).not.toMatch(/NaN|undefined|Infinity/);
  });
});
