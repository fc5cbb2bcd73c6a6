import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientConfiguration, HttpClient } from "oci-common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectOci, type OciConnection, ociConnectionOptions } from "../../../../src/clouds/oci/connection.ts";
import { InventoryClient } from "../../../../src/clouds/oci/inventory/client.ts";
import { LogAnalyticsClient } from "../../../../src/clouds/oci/log-analytics.ts";
import { VirtualNetworkClient } from "../../../../src/clouds/oci/rules/virtual-network.ts";
import { type Oci, startOci } from "../../../simulators/oci/index.ts";

interface OciRequest {
  readonly method: string;
  readonly path: string;
  /** Without those of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers that the signature covers. */
  readonly signed: string;
  /** A gzip as hexadecimal digits, else the text. */
  readonly body: string;
}

type Requests = Readonly<Record<string, OciRequest>>;

/** What the clients of Oracle's own packages sent on loopback for these calls; `new` stands for a token that they made up. */
const OFFICIAL = JSON.parse(
  readFileSync(new URL("../../../fixtures/oci/official-requests.json", import.meta.url), "utf8"),
) as Readonly<Record<"LogAnalytics" | "VirtualNetwork" | "Inventory", Requests>>;

/** What a connection adds, or what differs from request to request. */
const OF_EVERY_REQUEST = ["host", "connection", "user-agent", "opc-request-id", "x-date", "date", "authorization"];
/** What `fetch` adds to the packages' requests, and says nothing to a service of OCI. */
const OF_FETCH = ["accept", "accept-language", "sec-fetch-mode", "accept-encoding"];

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const received: Received[] = [];
let oci: Oci;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  received.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) });
  response.setHeader("content-type", "application/json");
  if (!/upload|otlp|(update|append)Data|DELETE/.test(`${request.method} ${request.url}`)) response.write("{}");
  response.end();
});
beforeAll(async () => {
  oci = await startOci();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterAll(async () => {
  await oci.stop();
  server.closeAllConnections();
  server.close();
});

/** The request that `call` sends, as the fixture has it. */
async function sent<Client extends { endpoint: string; regionId: string }>(
  create: (params: { httpClient: HttpClient }, configuration: ClientConfiguration) => Client,
  call: (client: Client) => Promise<unknown>,
): Promise<OciRequest> {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = ociConnectionOptions.parse({ endpoint, auth: { type: "config-file", file: oci.config } });
  const surroundings = { baseDir: "/", env: {} };
  const connection: OciConnection<Client> = await connectOci(options, surroundings, { what: "the test", create });
  try {
    await connection.ask(new AbortController().signal, () => call(connection.client));
  } finally {
    await connection.close();
  }
  expect(received).toHaveLength(1);
  const { method, path, headers, body } = received.pop() as Received;
  for (const name of OF_EVERY_REQUEST.slice(2)) if (name !== "date") expect([name, headers[name]]).not.toEqual([name, undefined]);
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!OF_EVERY_REQUEST.includes(name) && !OF_FETCH.includes(name)) own[name] = String(value);
  }
  if (own["opc-retry-token"] !== undefined && own["opc-retry-token"] !== "token-1") own["opc-retry-token"] = "new";
  const signed = /headers="([^"]*)"/.exec(headers.authorization ?? "")?.[1] ?? "";
  return { method, path, headers: own, signed, body: body.toString(body[0] === 0x1f ? "hex" : "utf8") };
}

const namespaceName = "mytenancy";
const task = { namespaceName, scheduledTaskId: "ocid1.loganalyticsscheduledtask.oc1..t" };
const lookup = { namespaceName, lookupName: "flowferry ports" };
const group = "ocid1.loganalyticsloggroup.oc1..g";
const compartmentId = "ocid1.compartment.oc1..x";
const token = "token-1";
const gzip = Buffer.from("1f8b0800000000000003ab0600", "hex");
const upload = { namespaceName, opcRetryToken: token };

describe("Log Analytics is asked as Oracle's package asks it", () => {
  /** What the packages made of the details that they were given: the same members in the same order. */
  const details = (operation: string) => JSON.parse(OFFICIAL.LogAnalytics[operation]?.body ?? "");
  const calls: Readonly<Record<string, (client: LogAnalyticsClient) => Promise<unknown>>> = {
    getNamespace: (client) => client.getNamespace({ namespaceName }),
    "uploadLogEventsFile, of a log set": (client) =>
      client.uploadLogEventsFile({
        ...upload,
        logGroupId: group,
        logSet: "flows",
        payloadType: "GZIP",
        contentType: "application/gzip",
        body: gzip,
      }),
    uploadLogEventsFile: (client) =>
      client.uploadLogEventsFile({
        ...upload,
        logGroupId: group,
        payloadType: "JSON",
        contentType: "application/json",
        body: Buffer.from('{"é":1}'),
      }),
    "uploadOtlpLogs, of a log set": (client) =>
      client.uploadOtlpLogs({
        ...upload,
        opcMetaLoggrpid: group,
        logSet: "flows",
        opcMetaProperties: "a:b;c:d",
        contentType: "application/x-protobuf",
        body: gzip,
      }),
    uploadOtlpLogs: (client) =>
      client.uploadOtlpLogs({ ...upload, opcMetaLoggrpid: group, contentType: "application/x-protobuf", body: gzip }),
    listFields: (client) => client.listFields({ namespaceName, limit: 1000 }),
    "listFields, next page": (client) => client.listFields({ namespaceName, limit: 1000, page: "MTAwMA==" }),
    upsertField: (client) => client.upsertField(namespaceName, details("upsertField")),
    getParser: (client) => client.getParser({ namespaceName, parserName: "flowferry Flow" }),
    upsertParser: (client) => client.upsertParser(namespaceName, details("upsertParser")),
    getSource: (client) => client.getSource({ namespaceName, sourceName: "flowferryFlow", compartmentId }),
    upsertSource: (client) => client.upsertSource(namespaceName, details("upsertSource")),
    deleteField: (client) => client.deleteField({ namespaceName, fieldName: "flow_bytes" }),
    deleteParser: (client) => client.deleteParser({ namespaceName, parserName: "flowferryFlow" }),
    deleteSource: (client) => client.deleteSource({ namespaceName, sourceName: "flowferryFlow" }),
    listScheduledTasks: (client) => client.listScheduledTasks(namespaceName, { compartmentId, displayName: "Accepted SSH" }),
    getScheduledTask: (client) => client.getScheduledTask(task),
    createScheduledTask: (client) => client.createScheduledTask(namespaceName, details("createScheduledTask"), token),
    updateScheduledTask: (client) =>
      client.updateScheduledTask(namespaceName, task.scheduledTaskId, details("updateScheduledTask")),
    deleteScheduledTask: (client) => client.deleteScheduledTask(task),
    getLookup: (client) => client.getLookup(lookup),
    registerLookup: (client) =>
      client.registerLookup(
        namespaceName,
        { name: "flowferry ports", description: "Ports%20%28unfinished%29", type: "Lookup" },
        "port,name\n22,ssh\n",
        token,
      ),
    updateLookup: (client) => client.updateLookup(lookup, { description: "Ports" }),
    updateLookupData: (client) => client.changeLookupData("updateData", lookup, "port,name\n22,ssh\n", token),
    appendLookupData: (client) => client.changeLookupData("appendData", lookup, "port,name\n80,http\n", token),
  };

  test.each(Object.keys(OFFICIAL.LogAnalytics))("%s", async (operation) => {
    const request = await sent(
      (...given) => new LogAnalyticsClient(...given),
      calls[operation] as (client: LogAnalyticsClient) => Promise<unknown>,
    );
    expect(request).toEqual(OFFICIAL.LogAnalytics[operation]);
  });

  test("in its region", () => {
    const client = new LogAnalyticsClient({ httpClient: { send: () => Promise.reject() } }, {});
    client.regionId = "us-phoenix-1";
    expect(client.endpoint).toBe("https://loganalytics.us-phoenix-1.oci.oraclecloud.com/20200601");
  });
});

describe("Virtual Networking is asked as Oracle's package asks it", () => {
  const nsg = "ocid1.networksecuritygroup.oc1.phx.n";
  const calls: Readonly<Record<string, (client: VirtualNetworkClient) => Promise<unknown>>> = {
    getSubnet: (client) => client.getSubnet("ocid1.subnet.oc1.phx.s"),
    getSecurityList: (client) => client.getSecurityList("ocid1.securitylist.oc1.phx.l"),
    getVnic: (client) => client.getVnic("ocid1.vnic.oc1.phx.v"),
    getNetworkSecurityGroup: (client) => client.getNetworkSecurityGroup(nsg),
    listNetworkSecurityGroupSecurityRules: (client) => client.listNetworkSecurityGroupSecurityRules(nsg, { limit: 1000 }),
    "listNetworkSecurityGroupSecurityRules, next page": (client) =>
      client.listNetworkSecurityGroupSecurityRules(nsg, { limit: 1000, page: "AAAA+/==" }),
  };

  test.each(Object.keys(OFFICIAL.VirtualNetwork))("%s", async (operation) => {
    const request = await sent(
      (...given) => new VirtualNetworkClient(...given),
      calls[operation] as (client: VirtualNetworkClient) => Promise<unknown>,
    );
    expect(request).toEqual(OFFICIAL.VirtualNetwork[operation]);
  });

  test("in its region", () => {
    const client = new VirtualNetworkClient({ httpClient: { send: () => Promise.reject() } }, {});
    client.regionId = "us-phoenix-1";
    expect(client.endpoint).toBe("https://iaas.us-phoenix-1.oraclecloud.com/20160918");
  });
});

describe("the services of the inventory are asked as Oracle's packages ask them", () => {
  const tenancy = "ocid1.tenancy.oc1..t";
  const page = "AAAA+/==";
  const calls: Readonly<Record<string, (client: InventoryClient) => Promise<unknown>>> = {
    listCompartments: (client) => client.list({ kind: "compartments", compartmentId: tenancy }),
    "listCompartments, below one": (client) => client.list({ kind: "compartments", compartmentId }),
    getCompartment: (client) => client.getCompartment(compartmentId),
    "listCompartments, next page": (client) => client.list({ kind: "compartments", compartmentId: tenancy, page }),
    listInstances: (client) => client.list({ kind: "instances", compartmentId }),
    "listInstances, next page": (client) => client.list({ kind: "instances", compartmentId, page }),
    listVnicAttachments: (client) => client.list({ kind: "vnicAttachments", compartmentId }),
    listSubnets: (client) => client.list({ kind: "subnets", compartmentId }),
    listNatGateways: (client) => client.list({ kind: "natGateways", compartmentId }),
    listLoadBalancers: (client) => client.list({ kind: "loadBalancers", compartmentId }),
    listNetworkLoadBalancers: (client) => client.list({ kind: "networkLoadBalancers", compartmentId }),
    listAutonomousDatabases: (client) => client.list({ kind: "autonomousDatabases", compartmentId }),
    listDbSystems: (client) => client.list({ kind: "dbSystems", compartmentId }),
    listDbNodes: (client) => client.list({ kind: "dbNodes", compartmentId, dbSystemId: "ocid1.dbsystem.oc1.phx.d" }),
  };

  test.each(Object.keys(OFFICIAL.Inventory))("%s", async (operation) => {
    const request = await sent(
      (...given) => new InventoryClient(...given),
      calls[operation] as (client: InventoryClient) => Promise<unknown>,
    );
    expect(request).toEqual(OFFICIAL.Inventory[operation]);
  });

  test("in their region, where the packages find them", () => {
    const client = new InventoryClient({ httpClient: { send: () => Promise.reject() } }, {});
    client.regionId = "us-phoenix-1";
    expect(
      (["instances", "loadBalancers", "networkLoadBalancers", "dbSystems", "compartments"] as const).map((kind) =>
        client.endpointOf(kind),
      ),
    ).toEqual([
      "https://iaas.us-phoenix-1.oraclecloud.com/20160918",
      "https://iaas.us-phoenix-1.oraclecloud.com/20170115",
      "https://network-load-balancer-api.us-phoenix-1.oci.oraclecloud.com/20200501",
      "https://database.us-phoenix-1.oraclecloud.com/20160918",
      "https://identity.us-phoenix-1.oci.oraclecloud.com/20160918",
    ]);
  });
});
