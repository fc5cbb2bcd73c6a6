import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ociNetwork } from "../../../../../src/clouds/oci/rules/network.ts";
import { ociApiOptions } from "../../../../../src/clouds/oci/rules/options.ts";
import type { NetworkEvent } from "../../../../../src/enrich/rules/cloud.ts";
import { type Network, openNetwork } from "../../../../../src/enrich/rules/open.ts";
import { EMPTY_CONTEXT, type FlowContext } from "../../../../../src/flow/flow.ts";
import { type IpAddress, parseAddress } from "../../../../../src/lib/ip/address.ts";
import type { FaultSubject } from "../../../../simulators/oci/faults.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import { keyPairOf } from "../../../../simulators/oci/principals.ts";
import { type VcnResources, vcnResources, virtualNetwork } from "../../../../simulators/oci/services/vcn.ts";
import type { RawAnswer } from "../../../../simulators/raw-answer.ts";
import { flowOf } from "../../../enrich/snapshot.ts";
import { hurry } from "../../../hurry.ts";

const COMPARTMENT = "ocid1.compartment.oc1..net";
const SUBNET = "ocid1.subnet.oc1.phx.app";
const LIST = "ocid1.securitylist.oc1.phx.app";
const VNIC = "ocid1.vnic.oc1.phx.web";
const NSG = "ocid1.networksecuritygroup.oc1.phx.web";
const CONTEXT: FlowContext = { ...EMPTY_CONTEXT, subnet: SUBNET, vnic: VNIC };
const never = new AbortController().signal;

let oci: Oci;
let resources: VcnResources;
let folder: string;
let events: NetworkEvent[];
const opened: Network[] = [];

beforeEach(async () => {
  oci = await startOci();
  resources = vcnResources();
  oci.addService(virtualNetwork(resources));
  folder = await mkdtemp(join(tmpdir(), "network-"));
  events = [];
  resources.subnets.set(SUBNET, {
    id: SUBNET,
    displayName: "app",
    compartmentId: COMPARTMENT,
    vcnId: "ocid1.vcn.oc1.phx.v",
    ipv4CidrBlocks: ["10.0.1.0/24"],
    ipv6CidrBlocks: ["2001:db8:1::/64"],
    securityListIds: [LIST],
    timeCreated: "2026-01-01T00:00:00.000Z",
  });
  resources.securityLists.set(LIST, {
    id: LIST,
    displayName: "app list",
    ingressSecurityRules: [tcpFrom("0.0.0.0/0", 22)],
    egressSecurityRules: [{ protocol: "all", destination: "0.0.0.0/0", destinationType: "CIDR_BLOCK", isStateless: false }],
  });
  resources.vnics.set(VNIC, { id: VNIC, privateIp: "10.0.1.7", nsgIds: [NSG] });
  resources.networkSecurityGroups.set(NSG, { id: NSG, displayName: "web" });
  resources.securityRules.set(NSG, [{ ...tcpFrom("192.0.2.0/24", 443), direction: "INGRESS", id: "1" }]);
});
afterEach(async () => {
  vi.useRealTimers();
  for (const network of opened.splice(0)) await network.close();
  await oci.stop();
  await rm(folder, { recursive: true });
});

function tcpFrom(source: string, port: number) {
  const tcpOptions = { destinationPortRange: { min: port, max: port } };
  return { protocol: "6", source, sourceType: "CIDR_BLOCK", isStateless: false, tcpOptions };
}

/** The network of the simulator, asked as fast as can be unless told. */
async function open(options: Record<string, unknown> = {}, profile = "DEFAULT"): Promise<Network> {
  const api = ociApiOptions.parse({
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config, profile },
    requestsPerSecond: 1_000,
    ...options,
  });
  const surroundings = { baseDir: folder, env: {}, refreshMs: 1_000 };
  const network = await openNetwork([{ network: ociNetwork, options: { files: [], api } }], surroundings, (event) =>
    events.push(event),
  );
  opened.push(network);
  return network;
}

/** The program looks at what is due so often. */
const LOOK_MS = 500;

/** Sets the clock of the program and of the simulator forward. */
function passSeconds(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
}
const WAIT = { timeout: 60_000, interval: 5 };

const flowsOf = (...contexts: FlowContext[]) => contexts.map((context) => Object.assign(flowOf({}), { context }));
const prepare = (network: Network, ...contexts: FlowContext[]) => network.prepare(flowsOf(...contexts), never);
const textsOf = (network: Network) =>
  network.snapshot.data.flatMap(({ ruleSets }) => [...ruleSets.values()].flatMap(({ rules }) => rules.map(({ text }) => text)));
const calls = () => oci.requests.all.map(({ kind }) => kind).sort();

describe("a subnet and a VNIC that are met", () => {
  test("are asked for, with their lists and groups, before the flows go on; signed, and once", async () => {
    const network = await open();
    await prepare(network, CONTEXT, CONTEXT, { ...CONTEXT });
    expect(network.snapshot.subnet(SUBNET)).toMatchObject({
      name: "app",
      vcn: "ocid1.vcn.oc1.phx.v",
      networks: [{ cidr: "10.0.1.0/24" }, { cidr: "2001:db8:1::/64" }],
      ruleSets: [LIST],
    });
    expect(network.snapshot.vnic(VNIC)?.groups).toEqual([NSG]);
    expect(textsOf(network).sort()).toEqual([
      "egress all to 0.0.0.0/0",
      "ingress tcp 22 from 0.0.0.0/0",
      "ingress tcp 443 from 192.0.2.0/24",
    ]);
    expect(calls()).toEqual(["get-nsg", "get-security-list", "get-subnet", "get-vnic", "list-security-rules"]);
    expect(oci.requests.all.every(({ status, principal }) => status === 200 && principal?.kind === "user")).toBe(true);
    expect(events).toEqual([]);
  });

  test("all pages of an NSG's rules are read", async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => ({ ...tcpFrom("10.0.0.0/8", 1 + i), direction: "INGRESS" }));
    resources.securityRules.set(NSG, many);
    const network = await open();
    await prepare(network, CONTEXT);
    expect(textsOf(network).filter((text) => text.endsWith("from 10.0.0.0/8"))).toHaveLength(2_500);
    expect(oci.requests.count("list-security-rules")).toBe(3);
  });

  test("are known after a restart without a call, also where nothing answers", async () => {
    const cache = join(folder, "network.json");
    const first = await open({ cache });
    await prepare(first, CONTEXT);
    const version = first.snapshot.governing(CONTEXT)?.version;
    await first.close();
    oci.requests.clear();
    const second = await open({ cache });
    await prepare(second, CONTEXT);
    expect(second.snapshot.governing(CONTEXT)?.version).toBe(version);
    expect(oci.requests.all).toEqual([]);
  });

  test("a kept file that is broken is told, and the answers are asked for again", async () => {
    const cache = join(folder, "network.json");
    await writeFile(cache, "{ half");
    const network = await open({ cache });
    expect(events[0]?.message).toMatch(/network\.json: cannot be used: .*: it is written anew$/);
    await prepare(network, CONTEXT);
    await network.close();
    expect(JSON.parse(await readFile(cache, "utf8"))).toMatchObject({ format: "flowferry-network-1" });
  });
});

describe("what cannot be had", () => {
  test("a VNIC that is gone is told and remembered; the subnet's lists still count", async () => {
    resources.vnics.delete(VNIC);
    const cache = join(folder, "network.json");
    const network = await open({ cache });
    await prepare(network, CONTEXT);
    expect(events).toEqual([
      { ok: false, message: expect.stringMatching(/^ocid1\.vnic\.oc1\.phx\.web is not there \(404\): it is gone, or/) },
    ]);
    expect(network.snapshot.governing(CONTEXT)?.lists).toHaveLength(1);
    await network.close();
    oci.requests.clear();
    await prepare(await open({ cache }), CONTEXT);
    expect(oci.requests.all).toEqual([]);
  });

  test("a brief failure is asked again while flows wait, also those that other flows wait for", async () => {
    hurry(1_000);
    for (const kind of ["get-subnet", "get-security-list", "get-nsg"]) oci.faults.add({ on: kind }, { status: 503 });
    oci.faults.add({ on: "get-vnic" }, { reset: true });
    oci.faults.add({ on: "get-subnet" }, { status: 429, headers: { "retry-after": "1" } });
    const network = await open();
    await Promise.all([prepare(network, CONTEXT), prepare(network, CONTEXT), prepare(network, { ...CONTEXT })].map(complete));
    async function complete(prepared: Promise<void>): Promise<void> {
      await prepared;
      expect(textsOf(network)).toHaveLength(3);
    }
    expect(network.counts[0]?.failed).toBe(5);
    // What passes by itself is counted; of the subnet's two failures in a row the second is told.
    expect(events.map(({ message }) => message)).toEqual([
      expect.stringMatching(/429 TooManyRequests/),
      "OCI's API answers about the network again",
    ]);
  });

  test("a failure that lasts is told once and counted; flows go on, and it is asked again later", async () => {
    oci.faults.add({ times: Number.POSITIVE_INFINITY }, { status: 500 });
    const network = await open({ waitMs: 1_000 });
    const started = performance.now();
    await prepare(network, CONTEXT);
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(network.snapshot.subnet(SUBNET)).toBeUndefined();
    expect(network.counts[0]?.failed).toBe(oci.requests.all.length);
    expect(events).toHaveLength(1);
    const asked = oci.requests.all.length;
    await prepare(network, { ...CONTEXT }, { ...CONTEXT, vnic: `${VNIC}2` });
    expect(oci.requests.all.length - asked).toBeLessThanOrEqual(1);
    expect(events[0]?.message).toMatch(/500 InternalServerError.*what was known of the network stays in use$/);
    oci.faults.clear();
    passSeconds(21);
    await vi.waitFor(() => expect(network.snapshot.subnet(SUBNET)?.name).toBe("app"), WAIT);
    await vi.waitFor(
      () => expect(events).toContainEqual({ ok: true, message: "OCI's API answers about the network again" }),
      WAIT,
    );
  });

  test("Retry-After holds all questions back", async () => {
    oci.faults.add({ on: "get-subnet" }, { status: 429, headers: { "retry-after": "1" } });
    const network = await open({ waitMs: 900 });
    await prepare(network, { ...EMPTY_CONTEXT, subnet: SUBNET });
    expect(network.counts[0]?.failed).toBe(1);
    const started = performance.now();
    await prepare(network, { ...EMPTY_CONTEXT, vnic: VNIC });
    await vi.waitFor(() => expect(network.snapshot.vnic(VNIC)).toBeDefined(), WAIT);
    expect(performance.now() - started).toBeGreaterThan(800);
    expect(network.snapshot.vnic(VNIC)?.groups).toEqual([NSG]);
  });

  test("a service that hangs holds flows up for waitMs, and only once", async () => {
    oci.faults.add({ times: Number.POSITIVE_INFINITY }, { hang: true });
    const network = await open({ waitMs: 200 });
    const started = performance.now();
    await prepare(network, CONTEXT);
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThan(150);
    expect(waited).toBeLessThan(30_000);
    const again = prepare(network, { ...CONTEXT }, { ...CONTEXT, vnic: "ocid1.vnic.oc1.phx.other" });
    await expect(Promise.race([again, setImmediate("it waits")])).resolves.toBeUndefined();
  });

  test("refused signatures and a wrong clock are named", async () => {
    const stranger = await open({}, "STRANGER");
    await prepare(stranger, CONTEXT);
    expect(events[0]?.message).toMatch(/^Get ocid1\..*: 401 NotAuthenticated: .*profile/);
    oci.clockAheadMs = 3_600_000;
    events.length = 0;
    await prepare(await open(), CONTEXT);
    expect(events[0]?.message).toMatch(/this machine's clock is 3\d\d\d s behind, and OCI allows 300 s/);
  });

  test("a key that is refused and was replaced: read again, told once, and what was known stays until then", async () => {
    hurry(LOOK_MS);
    const config = join(folder, "config");
    const configure = async (name: string): Promise<string> => {
      const pair = keyPairOf(`API key ${name}`);
      const fingerprint = oci.addApiKey(pair.publicKey);
      await writeFile(join(folder, name), pair.privateKey.export({ type: "pkcs8", format: "pem" }));
      const values = { tenancy: oci.tenancy, user: oci.user, fingerprint, key_file: join(folder, name), region: oci.region };
      const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`);
      await writeFile(config, ["[DEFAULT]", ...lines, ""].join("\n"));
      return fingerprint;
    };
    const old = await configure("old.pem");
    const network = await open({ lifetimeMs: 1_000, auth: { type: "config-file", file: config } });
    await prepare(network, CONTEXT);
    const refused = { when: ({ headers }: FaultSubject) => String(headers.authorization).includes(old) };
    oci.faults.add({ ...refused, times: Number.POSITIVE_INFINITY }, { status: 401 });
    resources.subnets.set(SUBNET, { ...resources.subnets.get(SUBNET), id: SUBNET, displayName: "renamed" });
    passSeconds(1.5);
    await vi.waitFor(() => expect(network.counts[0]?.failed).toBeGreaterThan(0), WAIT);
    expect(events[0]?.message).toMatch(/401 NotAuthenticated: .*; what was known of the network stays in use$/);
    expect(network.snapshot.subnet(SUBNET)?.name).toBe("app");
    expect(textsOf(network)).toHaveLength(3);
    await configure("new.pem");
    const other = { ...EMPTY_CONTEXT, vnic: `${VNIC}2` };
    resources.vnics.set(other.vnic, { id: other.vnic, nsgIds: [] });
    await prepare(network, other, { ...CONTEXT });
    expect(network.snapshot.vnic(other.vnic)?.groups).toEqual([]);
    await vi.waitFor(() => {
      // A question that was under way when the time passed puts off the next one from then on.
      passSeconds(21);
      expect(network.snapshot.subnet(SUBNET)?.name).toBe("renamed");
    }, WAIT);
    expect(events.filter(({ message }) => message.includes("were read again"))).toEqual([
      { ok: false, message: expect.stringMatching(/refused the credentials \(401\).*the questions go on$/) },
    ]);
  });

  test("a clock that is wrong later: the cause is named, what was known stays, and it is asked again", async () => {
    hurry(LOOK_MS);
    const network = await open({ lifetimeMs: 1_000 });
    await prepare(network, CONTEXT);
    oci.clockAheadMs = -900_000;
    passSeconds(1.5);
    await vi.waitFor(() => expect(network.counts[0]?.failed).toBeGreaterThan(0), WAIT);
    expect(events[0]?.message).toMatch(
      /this machine's clock is (899|900|901) s ahead, and OCI allows 300 s: start its time synchronisation.*stays in use$/,
    );
    expect(textsOf(network)).toHaveLength(3);
    oci.clockAheadMs = 0;
    passSeconds(21);
    await vi.waitFor(() => expect(events.at(-1)?.message).toMatch(/answers about the network again$/), WAIT);
  });

  test("a policy that is missing (403) is named, and holds nobody up", async () => {
    oci.faults.add({ on: "get-subnet", times: Number.POSITIVE_INFINITY }, { status: 403, code: "NotAllowed" });
    const network = await open({ waitMs: 60_000 });
    const started = performance.now();
    await prepare(network, CONTEXT);
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(events[0]?.message).toMatch(
      /403 NotAllowed: .*the policy that is needed: Allow group .* to inspect subnets in compartment/,
    );
    expect(network.snapshot.vnic(VNIC)?.groups).toEqual([NSG]);
  });

  test("an OCID of another region is not asked for, and that is told", async () => {
    const network = await open({ region: "us-phoenix-1" });
    const foreign = "ocid1.subnet.oc1.eu-frankfurt-1.app";
    await prepare(network, { ...EMPTY_CONTEXT, subnet: foreign }, CONTEXT);
    expect(events).toEqual([
      {
        ok: false,
        message: expect.stringMatching(
          /^ocid1\.subnet\.oc1\.eu-frankfurt-1\.app is of region eu-frankfurt-1, and enrich\.oci\.api asks us-phoenix-1/,
        ),
      },
    ]);
    expect(network.counts[0]?.foreign).toBe(1);
    expect(network.snapshot.subnet(SUBNET)?.name).toBe("app");
  });

  test("a rule with an unknown option is told with its place; the others count", async () => {
    const odd = {
      protocol: "132",
      source: "0.0.0.0/0",
      isStateless: false,
      sctpOptions: { destinationPortRange: { min: 1, max: 2 } },
    };
    resources.securityLists.set(LIST, {
      id: LIST,
      ingressSecurityRules: [odd, tcpFrom("0.0.0.0/0", 22)],
      egressSecurityRules: [],
    });
    const network = await open();
    await prepare(network, CONTEXT);
    expect(events[0]?.message).toBe(
      `${LIST}: ingressSecurityRules[0].sctpOptions: is an option that this program does not know: update it; the rest is used`,
    );
    expect(textsOf(network)).toContain("ingress tcp 22 from 0.0.0.0/0");
  });

  test("a rule with a protocol that is none is told with its place; the others count, and nothing is called unexplained", async () => {
    resources.securityLists.set(LIST, {
      id: LIST,
      ingressSecurityRules: [tcpFrom("0.0.0.0/0", 22), { ...tcpFrom("10.0.0.0/8", 80), protocol: "TCP" }],
      egressSecurityRules: [],
    });
    const network = await open();
    await prepare(network, CONTEXT);
    expect(events[0]?.message).toBe(
      `${LIST}: ingressSecurityRules[1].protocol: "TCP" is no protocol: write all, or an IANA number such as "6" (TCP), "17" (UDP), "1" (ICMP); the rest is used`,
    );
    const governance = network.snapshot.governing(CONTEXT);
    const asked = { direction: "ingress", action: "accept", protocol: 6, sourcePort: 50_000, withinSubnet: false } as const;
    const [peer, local] = [parseAddress("10.2.2.2"), parseAddress("10.0.1.7")] as [IpAddress, IpAddress];
    expect(governance?.explain({ ...asked, peer, local, destinationPort: 22 })?.rule.text).toBe("ingress tcp 22 from 0.0.0.0/0");
    expect(governance?.explain({ ...asked, peer, local, destinationPort: 80 })).toBeUndefined();
  });

  test("a subnet without any network is told; its lists are kept", async () => {
    resources.subnets.set(SUBNET, { id: SUBNET, displayName: "app", securityListIds: [LIST] });
    const network = await open();
    await prepare(network, CONTEXT);
    expect(events).toEqual([
      {
        ok: false,
        message: `${SUBNET}: the subnet has neither cidr-block nor ipv4-cidr-blocks nor ipv6-cidr-blocks: no direction can be told; the rest is used`,
      },
    ]);
    expect(network.snapshot.subnet(SUBNET)).toMatchObject({ name: "app", networks: [], ruleSets: [LIST] });
  });

  test("stopping does not wait for the service", async () => {
    oci.faults.add({ times: Number.POSITIVE_INFINITY }, { hang: true });
    const network = await open();
    const stop = new AbortController();
    const waiting = network.prepare(flowsOf(CONTEXT), stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
  });
});

describe("answers that have grown old", () => {
  test("are refreshed in the background; a list that is gone meanwhile stays as it was", async () => {
    hurry(LOOK_MS);
    const network = await open({ lifetimeMs: 1_000 });
    await prepare(network, CONTEXT);
    resources.securityLists.set(LIST, { id: LIST, ingressSecurityRules: [tcpFrom("0.0.0.0/0", 23)], egressSecurityRules: [] });
    passSeconds(1.5);
    await vi.waitFor(() => expect(textsOf(network)).toContain("ingress tcp 23 from 0.0.0.0/0"), WAIT);
    resources.securityLists.delete(LIST);
    await prepare(network, { ...CONTEXT });
    passSeconds(1.5);
    await vi.waitFor(() => expect(events.some(({ message }) => message.startsWith(LIST))).toBe(true), WAIT);
    expect(events[0]?.message).toMatch(/is not there \(404\).*what was known of it stays in use$/);
    expect(textsOf(network)).toContain("ingress tcp 23 from 0.0.0.0/0");
  });

  test.each<[string, RawAnswer]>([
    ["a page", { status: 200, body: "<html><title>Sign in</title></html>" }],
    ["{}", { status: 200, body: "{}" }],
    ["null", { status: 200, body: "null" }],
    ["an error", { status: 200, body: '{"error":"unknown tenant"}' }],
    ["another resource", { status: 200, body: '{"id":"ocid1.subnet.oc1.phx.other","displayName":"other"}' }],
    ["half of an answer", { status: 200, body: '{"id":"x"}', cut: { afterBytes: 4, by: "reset" } }],
    ["nothing below 204", { status: 204 }],
    ["a 404 of something in between", { status: 404, body: "<html><title>404 Not Found</title></html>" }],
  ])("%s takes the place of none of them: what was known stays, it is told, and asked again", async (_, raw) => {
    hurry(LOOK_MS);
    const cache = join(folder, "network.json");
    const network = await open({ cache, lifetimeMs: 1_000 });
    await prepare(network, CONTEXT);
    const known = textsOf(network).sort();
    oci.faults.add({ times: Number.POSITIVE_INFINITY }, { raw });
    passSeconds(1.5);
    await vi.waitFor(() => expect(network.counts[0]?.failed).toBeGreaterThan(1), WAIT);
    expect(textsOf(network).sort()).toEqual(known);
    expect(network.snapshot.subnet(SUBNET)?.name).toBe("app");
    expect(network.counts[0]?.missing).toBe(0);
    const told = events.filter(({ ok }) => !ok).map(({ message }) => message);
    expect(told[0]).toMatch(/^Get ocid1\..*; what was known of the network stays in use$/);
    await network.close();
    // Nor in the file.
    const { answers } = JSON.parse(await readFile(cache, "utf8")) as { answers: Record<string, { value: unknown }> };
    expect(answers[SUBNET]?.value).toMatchObject({ id: SUBNET, displayName: "app" });
    expect(Object.values(answers).every(({ value }) => value !== null)).toBe(true);
  });

  test("a page of rules that is no list, or leads back to itself, changes nothing", async () => {
    hurry(LOOK_MS);
    const network = await open({ lifetimeMs: 1_000 });
    await prepare(network, CONTEXT);
    const known = textsOf(network).sort();
    oci.faults.add(
      { on: "list-security-rules", times: Number.POSITIVE_INFINITY },
      { raw: { status: 200, headers: { "opc-next-page": "1" }, body: "[]" } },
    );
    passSeconds(1.5);
    await vi.waitFor(() => expect(network.counts[0]?.failed).toBeGreaterThan(0), WAIT);
    expect(events[0]?.message).toContain("the listing does not get past one page");
    oci.faults.clear();
    oci.faults.add(
      { on: "list-security-rules", times: Number.POSITIVE_INFINITY },
      { raw: { status: 200, body: '{"items":[]}' } },
    );
    const failed = network.counts[0]?.failed ?? 0;
    passSeconds(21);
    await vi.waitFor(() => expect(network.counts[0]?.failed).toBeGreaterThan(failed), WAIT);
    expect(textsOf(network).sort()).toEqual(known);
  });

  test("requests keep to the limit", async () => {
    const network = await open({ requestsPerSecond: 20 });
    const contexts = Array.from({ length: 10 }, (_, i) => {
      const vnic = `ocid1.vnic.oc1.phx.${i}`;
      resources.vnics.set(vnic, { id: vnic, nsgIds: [] });
      return { ...EMPTY_CONTEXT, vnic };
    });
    const started = performance.now();
    await prepare(network, ...contexts);
    expect(performance.now() - started).toBeGreaterThan(9 * 50 - 20);
    expect(oci.requests.all).toHaveLength(10);
  });
});
