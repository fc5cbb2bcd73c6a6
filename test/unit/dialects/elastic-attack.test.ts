import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { threatsOf } from "../../../src/dialects/elastic/attack.ts";
import { asset } from "../../../src/lib/assets.ts";
import { rules } from "./support.ts";

const discovery = { id: "TA0007", name: "Discovery", reference: "https://attack.mitre.org/tactics/TA0007/" };
const access = { id: "TA0006", name: "Credential Access", reference: "https://attack.mitre.org/tactics/TA0006/" };

test("a technique stands under the tactic that it serves, and a part of it within it", () => {
  expect(
    threatsOf(["attack.credential-access", "attack.discovery", "attack.t1110.001", "attack.t1110.003", "attack.t1046"]),
  ).toEqual([
    {
      framework: "MITRE ATT&CK",
      tactic: access,
      technique: [
        {
          id: "T1110",
          name: "Brute Force",
          reference: "https://attack.mitre.org/techniques/T1110/",
          subtechnique: [
            { id: "T1110.001", name: "Password Guessing", reference: "https://attack.mitre.org/techniques/T1110/001/" },
            { id: "T1110.003", name: "Password Spraying", reference: "https://attack.mitre.org/techniques/T1110/003/" },
          ],
        },
      ],
    },
    {
      framework: "MITRE ATT&CK",
      tactic: discovery,
      technique: [{ id: "T1046", name: "Network Service Discovery", reference: "https://attack.mitre.org/techniques/T1046/" }],
    },
  ]);
});

test("a technique whose tactic no tag names brings it; one that is not in the table has its number", () => {
  const short = (tags: string[]) =>
    threatsOf(tags).map(({ tactic, technique }) => [tactic.name, ...technique.map(({ name }) => name)]);
  expect(short(["attack.t1595.001"])).toEqual([["Reconnaissance", "Active Scanning"]]);
  expect(short(["attack.t1040"])).toEqual([["Credential Access", "Network Sniffing"]]);
  expect(short(["attack.impact", "attack.t1999.001"])).toEqual([["Impact", "T1999"]]);
  expect(short(["attack.t1999"])).toEqual([]);
  expect(short(["attack.impact"])).toEqual([["Impact"]]);
  expect(short([])).toEqual([]);
});

test("every technique that a shipped rule speaks of has its name", () => {
  for (const { name, tags } of rules) {
    const threats = threatsOf(tags);
    const techniques = threats.flatMap(({ technique }) => technique).flatMap((one) => [one, ...(one.subtechnique ?? [])]);
    for (const one of techniques) expect(one.name, name).not.toBe(one.id);
    const tagged = tags.flatMap((tag) => /^attack\.(t\d.*)$/.exec(tag)?.[1]?.toUpperCase() ?? []);
    expect(
      tagged.filter((id) => !techniques.some((one) => one.id === id)),
      name,
    ).toEqual([]);
  }
});

test("Kibana's rules have them beside the tags", () => {
  const lines = readFileSync(join(asset("deploy"), "elastic", "detections.ndjson"), "utf8")
    .trimEnd()
    .split("\n");
  for (const line of lines) {
    const { tags, threat } = JSON.parse(line) as { tags: string[]; threat: object[] };
    expect(threat).toEqual(threatsOf(tags));
  }
});
