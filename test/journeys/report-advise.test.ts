import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import { flowferry } from "./program.ts";
import { expectRefusal, setting, toFile } from "./setting.ts";

const { path, write, bucket, configFor } = setting();

const FLOWS = { format: "oci", flows: 4_000, objects: 6, vnics: 8, quality: false } as const;

/** The generator's network under lists that allow far more than its hosts need. */
async function prepared() {
  await bucket(FLOWS);
  const generation = generate(FLOWS);
  mkdirSync(path("lookups"));
  for (const [name, text] of Object.entries(lookupFiles(generation))) write(`lookups/${name}`, text);
  const everything = ["0.0.0.0/0", "::/0"];
  const lists = generation.world.subnets.map(({ name }) => ({
    ...{ id: `ocid1.securitylist.oc1.iad.${name}`, "display-name": name },
    "ingress-security-rules": everything.map((source) => ({ protocol: "all", source })),
    "egress-security-rules": everything.map((destination) => ({ protocol: "all", destination })),
  }));
  const subnets = generation.world.subnets.map((subnet) => ({
    ...{ id: generation.subnetId(subnet), "display-name": subnet.name, "cidr-block": subnet.cidr },
    ...{ "ipv6-cidr-block": subnet.cidr6 ?? null, "security-list-ids": [`ocid1.securitylist.oc1.iad.${subnet.name}`] },
  }));
  write("network.json", JSON.stringify({ subnets, "security-lists": lists }));
  const tables = { servers: "lookups/servers.csv", networks: "lookups/networks.csv", subnets: "lookups/subnets.csv" };
  return configFor([toFile()], { enrich: { ...tables, oci: { files: ["network.json"] } } });
}

test("lists that allow everything are brought down to what the hosts are asked; nothing that was seen is dropped", async () => {
  const config = await prepared();
  const ended = await flowferry(["report", "advise", "-c", config, "--min-days", "0.5", "--out", path("advice")]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toContain("proposals for 4 of 4 lists");
  const text = readFileSync(path("advice", "advice.txt"), "utf8");
  expect(text).toMatch(/proof: of \d+ accepted flows the proposals drop 0;/);
  // By the generator's roles: databases are asked at 1521 by the application servers, whose subnet is 10.20.4.0/22.
  const database = JSON.parse(readFileSync(path("advice", "db.proposed.json"), "utf8"));
  expect(database.ingressSecurityRules).toContainEqual({
    ...{ protocol: "6", source: "10.20.4.0/22", sourceType: "CIDR_BLOCK", isStateless: false },
    ...{
      tcpOptions: { destinationPortRange: { min: 1521, max: 1521 } },
      description: "narrowed from: ingress all from 0.0.0.0/0",
    },
  });
  expect(database.ingressSecurityRules.some(({ protocol }: { protocol: string }) => protocol === "all")).toBe(false);
  const rollback = JSON.parse(readFileSync(path("advice", "db.rollback.json"), "utf8"));
  expect(rollback.ingressSecurityRules).toMatchObject([
    { protocol: "all", source: "0.0.0.0/0" },
    { protocol: "all", source: "::/0" },
  ]);
  for (const name of readdirSync(path("advice"))) expect(statSync(path("advice", name)).mode & 0o777).toBe(0o600);
  // Who got in is not who is wanted: the incident is shown, and not only allowed.
  expect(text).toContain("ingress tcp 22 from 203.0.113.45/32");
});

test("too few days, or a log with holes: the labels, and no proposal", async () => {
  const config = await prepared();
  const ended = await flowferry(["report", "advise", "-c", config, "--format", "json"]);
  expect(ended.code).toBe(3);
  const { lists } = JSON.parse(ended.stdout);
  expect(lists).toHaveLength(4);
  expect(lists[0].insufficient[0]).toMatch(/^(0|1)\.\d days were observed, 14 are needed \(--min-days\)$/);
  expect(lists.flatMap(({ rules }: { rules: { replacement: null }[] }) => rules.map(({ replacement }) => replacement))).toEqual(
    Array.from({ length: 16 }, () => null),
  );
});

test("wrong usage is refused; without rules there is no advice", async () => {
  await bucket(FLOWS);
  const config = configFor([toFile()]);
  expectRefusal(await flowferry(["report", "advise", "-c", config]), 2, "there are no rules to advise on: describe the network");
  expectRefusal(await flowferry(["report", "advise", "-c", config, "--min-days", "few"]), 2, "It is no number from 0 on.");
  expectRefusal(await flowferry(["report", "advise", "-c", config, "--pin", "http"]), 2, '"http" is no port');
});
