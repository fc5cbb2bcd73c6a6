import { mkdirSync } from "node:fs";
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
