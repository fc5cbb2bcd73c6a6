import { afterEach, beforeEach, expect, test } from "vitest";
import { ibmInventoryOptions } from "../../../../../src/clouds/ibm/inventory/options.ts";
import { ibmInventory } from "../../../../../src/clouds/ibm/inventory/source.ts";
import { Document, type Fault } from "../../../../../src/enrich/rules/document.ts";
import { type Ibm, startIbm } from "../../../../simulators/ibm/server.ts";

const never = new AbortController().signal;
const crn = (kind: string, id: string) => `crn:v1:bluemix:public:is:us-south-1:a/123::${kind}:${id}`;
const common = {
  created_at: "2026-01-02T03:04:05Z",
  vpc: { id: "r006-vpc", name: "prod" },
  resource_group: { id: "g", name: "shop" },
};
const WHO = { network: "r006-vpc", compartment: "shop", tags: {}, since: Date.UTC(2026, 0, 2, 3, 4, 5) };
const EXPECTED = [
  { ...WHO, address: "10.240.0.20", kind: "load-balancer", id: "l", name: "front" },
  { ...WHO, address: "10.240.0.30", kind: "gateway", id: "e", name: "to-database" },
  { ...WHO, address: "10.240.0.4", kind: "instance", id: "i", name: "web" },
  { ...WHO, address: "10.240.0.5", kind: "instance", id: "i", name: "web" },
  { ...WHO, address: "10.240.0.6", kind: "instance", id: "o", name: "old" },
  { ...WHO, address: "169.61.0.1", kind: "instance", id: "i", name: "web" },
  { ...WHO, address: "169.61.0.2", kind: "load-balancer", id: "l", name: "front" },
  { ...WHO, address: "169.61.0.3", kind: "gateway", id: "p", name: "out" },
  { ...WHO, address: "169.61.0.4", kind: "gateway", id: "v", name: "vpn" },
];

let ibm: Ibm;
const faults: string[] = [];
beforeEach(async () => {
  ibm = await startIbm();
  faults.length = 0;
  const { resources } = ibm.vpc;
  resources.instances.push(
    {
      ...{ ...common, id: "i", crn: crn("instance", "i"), name: "web", network_interfaces: [] },
      network_attachments: [
        { id: "att", primary_ip: { address: "10.240.0.4" }, virtual_network_interface: { id: "vni", name: "n" } },
      ],
    },
    {
      ...{ ...common, id: "o", crn: crn("instance", "o"), name: "old", network_attachments: [] },
      network_interfaces: [{ id: "nic", primary_ip: { address: "10.240.0.6" } }],
    },
  );
  resources.virtual_network_interfaces.push({
    ...{ ...common, id: "vni", crn: crn("virtual-network-interface", "vni"), name: "n", target: { id: "att", name: "a" } },
    ips: [{ address: "10.240.0.4" }, { address: "10.240.0.5" }],
  });
  const { vpc: _, ...placeless } = common;
  resources.floating_ips.push({
    ...placeless,
    id: "f",
    crn: crn("floating-ip", "f"),
    name: "fip",
    address: "169.61.0.1",
    target: { id: "vni" },
  });
  resources.floating_ips.push({ ...placeless, id: "u", crn: crn("floating-ip", "u"), name: "free", address: "169.61.0.9" });
  resources.load_balancers.push({
    ...{ ...placeless, id: "l", crn: crn("load-balancer", "l"), name: "front", vpc: common.vpc },
    ...{ private_ips: [{ address: "10.240.0.20" }], public_ips: [{ address: "169.61.0.2" }, { address: "0.0.0.0" }] },
  });
  resources.public_gateways.push({
    ...common,
    id: "p",
    crn: crn("public-gateway", "p"),
    name: "out",
    floating_ip: { address: "169.61.0.3" },
  });
  const members = [{ public_ip: { address: "169.61.0.4" }, private_ip: { address: "0.0.0.0" } }];
  resources.vpn_gateways.push({ ...common, id: "v", crn: crn("vpn", "v"), name: "vpn", members });
  resources.endpoint_gateways.push({
    ...{ ...common, id: "e", crn: crn("endpoint-gateway", "e"), name: "to-database" },
    ips: [{ id: "ip", name: "ip", address: "10.240.0.30" }],
  });
});
afterEach(() => ibm.close());

async function list(options: object = {}) {
  const auth = { type: "ibm-iam", apiKey: ibm.iam.apiKey, tokenUrl: ibm.tokenUrl, ...options };
  const source = await ibmInventory(ibmInventoryOptions.parse({ api: { region: "us-south", endpoint: ibm.endpoint, auth } }), {
    baseDir: "/",
    env: {},
  });
  try {
    const listing = await source.list?.(never, (line) => faults.push(line));
    return { failed: listing?.failed, owned: listing?.owned.toSorted((a, b) => (a.address < b.address ? -1 : 1)) };
  } finally {
    await source.close();
  }
}

test("the VPC API tells of every address who has it, all pages of it, under one token", async () => {
  for (let number = 0; number < 120; number += 1) {
    ibm.vpc.resources.instances.unshift({ ...common, id: `x${number}`, crn: crn("instance", `x${number}`), name: "idle" });
  }
  expect(await list()).toEqual({ failed: [], owned: EXPECTED });
  expect([faults, ibm.iam.issued.length, ibm.vpc.requests.filter((path) => path.startsWith("/v1/instances"))]).toEqual([
    [],
    1,
    [
      "/v1/instances?version=2026-01-13&generation=2&limit=100",
      "/v1/instances?version=2026-01-13&generation=2&limit=100&start=100",
    ],
  ]);
});

test("what may not be seen is told with the role that is needed, and is not known to be gone", async () => {
  ibm.vpc.forbidden.add("load_balancers");
  const { failed, owned } = await list();
  expect(failed).toEqual(["load-balancer"]);
  expect(owned).toEqual(EXPECTED.filter(({ kind }) => kind !== "load-balancer"));
  expect(faults).toEqual([
    expect.stringContaining("403 not_authorized: The request is not authorized: the service ID needs the role Viewer"),
  ]);
});

test("a key that is not taken is a failure that a person has to put right", async () => {
  await expect(list({ apiKey: "wrong" })).rejects.toMatchObject({ drawer: "person", code: "not-authenticated" });
});

test("exports of the command line tell the same", async () => {
  const source = await ibmInventory(ibmInventoryOptions.parse({}), { baseDir: "/", env: {} });
  const wrong: Fault[] = [];
  const documents = Object.values(ibm.vpc.resources).map(
    (all) => new Document(JSON.stringify(all), (fault) => wrong.push(fault)),
  );
  expect(source.read(documents).toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual(EXPECTED);
  const other = new Document(JSON.stringify([{ id: "s", crn: crn("subnet", "s") }, {}]), (fault) => wrong.push(fault));
  expect([source.read([other]), wrong.map(({ place }) => place)]).toEqual([[], ["[0].crn", "[1].crn"]]);
});

test("an endpoint in the open gets no token", async () => {
  const api = { region: "us-south", endpoint: "http://vpc.example.com", auth: { type: "ibm-iam", apiKey: "k" } };
  await expect(ibmInventory(ibmInventoryOptions.parse({ api }), { baseDir: "/", env: {} })).rejects.toMatchObject({
    code: "insecure",
  });
});
