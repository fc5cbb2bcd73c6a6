import { mkdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import { flowferry } from "./program.ts";
import { expectRefusal, runToEnd, setting, toFile } from "./setting.ts";

const { path, write, bucket, configFor } = setting();

const FLOWS = { format: "oci", flows: 3_000, objects: 6, vnics: 8 } as const;

/** A bucket with its tables; the incidents that the generator has hidden in it. */
async function prepared() {
  await bucket(FLOWS);
  const generation = generate(FLOWS);
  for await (const _ of generation);
  mkdirSync(path("lookups"));
  for (const [name, text] of Object.entries(lookupFiles(generation))) write(`lookups/${name}`, text);
  const enrich = { servers: "lookups/servers.csv", networks: "lookups/networks.csv", subnets: "lookups/subnets.csv" };
  return { config: configFor([toFile()], { enrich, ledger: { path: ":memory:" } }), incidents: generation.truth().incidents };
}

test("who is told of an accepted SSH asks about it: the same answer from the bucket and from what was written of it", async () => {
  const { config, incidents } = await prepared();
  const ssh = incidents.find(({ id }) => id === "ssh-from-outside");
  const requests = ssh?.records.filter(({ reply }) => !reply).length;
  const question = ["explain", ssh?.source ?? "", ssh?.destination ?? "", "22"];
  const ended = await flowferry([...question, "-c", config, "--json"]);
  expect(ended.code, ended.stderr).toBe(0);
  const answer = JSON.parse(ended.stdout);
  expect(answer).toMatchObject({
    outcome: "accepted",
    interfaces: [{ leg: "there", at: "destination", accepted: requests }, {}],
  });

  expect((await runToEnd(config)).code).toBe(0);
  mkdirSync(path("written"));
  const { renameSync } = await import("node:fs");
  renameSync(path("out.ndjson"), path("written", "out.ndjson"));
  const again = JSON.parse((await flowferry([...question, "--input", path("written"), "--json"])).stdout);
  expect({ ...again, destination: "", headline: "", reasons: [] }).toEqual({
    ...answer,
    ...{ destination: "", headline: "", reasons: [] },
    records: again.records,
  });
});

test("guessed logins were rejected; a window without them says that nothing arrived; wrong usage is refused", async () => {
  const { config, incidents } = await prepared();
  const scan = incidents.find(({ id }) => id === "port-scan");
  const ask = (...args: string[]) => flowferry(["explain", scan?.source ?? "", scan?.destination ?? "", ...args, "-c", config]);
  const rejected = (await ask()).stdout;
  expect(rejected).toContain("rejected at the network interface of");
  expect(rejected).toContain("the rules are not known: describe the network in `enrich.oci` or `enrich.ibm`");
  const nothing = await ask("--until", "2001-01-01");
  expect(nothing.stdout).toContain("there are no flows to answer from");
  expectRefusal(await ask("70000"), 2, '"70000" is no port');
  expectRefusal(await ask("22", "--last", "soon"), 2, '"soon" is no duration');
  expectRefusal(await ask("22", "--last", "2h", "--since", "2h"), 2, "give one of them");
  expectRefusal(await flowferry(["explain", "nobody", "10.0.0.1", "-c", config]), 2, "nobody is no address");
});

const [APP, DB] = ["ocid1.subnet.oc1.iad.app", "ocid1.subnet.oc1.iad.db"];

/** A network of two subnets; at whose interfaces packets passed, or did not, as the log has it. */
async function logged(rules: readonly object[], ...records: readonly (readonly [action: string, from: string, to: string])[]) {
  const list = (name: string, ingress: readonly object[]) => ({
    ...{ id: `ocid1.securitylist.oc1.iad.${name}`, "display-name": name },
    ...{ "ingress-security-rules": ingress, "egress-security-rules": [] },
  });
  const subnet = (id: string, name: string, cidr: string) => ({
    ...{ id, "display-name": name, "cidr-block": cidr, "security-list-ids": [`ocid1.securitylist.oc1.iad.${name}`] },
  });
  write(
    "network.json",
    JSON.stringify({
      subnets: [subnet(APP, "app", "10.0.1.0/24"), subnet(DB, "db", "10.0.2.0/24")],
      "security-lists": [list("app", rules), list("db", [])],
    }),
  );
  const end = (text: string) => text.split(":") as [string, string];
  const line = ([action, from, to]: readonly [string, string, string], index: number) => {
    const [[sourceAddress, sourcePort], [destinationAddress, destinationPort]] = [end(from), end(to)];
    const at = 1_767_571_200 + index;
    return JSON.stringify({
      data: {
        ...{
          action,
          sourceAddress,
          destinationAddress,
          sourcePort: Number(sourcePort),
          destinationPort: Number(destinationPort),
        },
        ...{ bytesOut: 60, packets: 1, protocol: 6, protocolName: "TCP", startTime: at, endTime: at + 1 },
        ...{ flowid: `f${index}`, status: "OK", version: "2" },
      },
      id: `r${index}`,
      oracle: { vnicsubnetocid: APP, vnicocid: "ocid1.vnic.oc1.iad.a", ingestedtime: "2026-01-05T00:11:17.381Z" },
      ...{
        source: "-",
        specversion: "1.0",
        time: new Date(at * 1000).toISOString(),
        type: "com.oraclecloud.vcn.flowlogs.DataEvent",
      },
    });
  };
  mkdirSync(path("bucket"));
  write("bucket/20260105T000000Z_20260105T000100Z.0.log.gz", gzipSync(`${records.map(line).join("\n")}\n`));
  const config = configFor([toFile()], {
    enrich: { oci: { files: ["network.json"] } },
    archive: { to: { type: "directory", path: "kept" } },
  });
  expect((await runToEnd(config)).code).toBe(0);
  return async (...question: string[]) => {
    const [source, archive] = await Promise.all(
      ["source", "archive"].map((from) => flowferry(["explain", ...question, "-c", config, "--from", from])),
    );
    const said = ({ stdout = "" } = {}) => stdout.replace(/ in \d+\.\d s.*\n$/, "");
    expect(said(archive)).toBe(said(source));
    return source?.stdout ?? "";
  };
}

test("flow logs are not on for the subnet that holds the destination: it is named, and what to do", async () => {
  const ask = await logged([], ["ACCEPT", "10.0.1.9:50123", "10.0.2.4:1521"], ["ACCEPT", "10.0.1.9:50124", "10.0.1.7:443"]);
  const said = await ask("10.0.1.9", "10.0.2.4", "1521");
  expect(said).toContain("\nflow logs are not on for subnet db, which holds 10.0.2.4.\n");
  expect(said).toMatch(/\n- it left 10\.0\.1\.9, the last time at 2026-01-05T00:00:0\d/);
  // In the subnet that logs, what was never sent is told as such.
  expect(await ask("10.0.1.9", "10.0.1.200", "1521")).toContain(
    "nothing from 10.0.1.9 reached the network interface of 10.0.1.200",
  );
});

test("rejected on the way back: the request was let in by a stateless rule, its answer by none", async () => {
  const ssh = {
    protocol: "6",
    source: "0.0.0.0/0",
    "is-stateless": true,
    "tcp-options": { "destination-port-range": { min: 22, max: 22 } },
  };
  const request = ["203.0.113.9:50123", "10.0.1.4:22"] as const;
  const ask = await logged([ssh], ["ACCEPT", ...request], ["REJECT", request[1], request[0]]);
  const said = await ask("203.0.113.9", "10.0.1.4", "22");
  expect(said).toContain("\nrejected on the way back, at the network interface of 10.0.1.4.\n");
  expect(said).toContain('no egress rule of security list "app" covers it (it has 0)');
  expect(said).toContain("the rule that lets the request in is stateless, and needs a rule for the answers");
  expect(said).toContain(": egress tcp to 203.0.113.9/32 source port 22");
  expect(said).toMatch(/request +destination +ingress .* 1 +0 /);
  expect(said).toMatch(/answer +destination +egress .* 0 +1 /);
});
