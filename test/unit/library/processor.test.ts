import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UsageError } from "../../../src/lib/errors.ts";
import { FlowEnrichingProcessor, type FlowEnrichingProcessorOptions } from "../../../src/library/processor.ts";

let folder: string;
let tables: FlowEnrichingProcessorOptions;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-processor-"));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  tables = {
    servers: put("servers.csv", "address,server,owner\n10.0.1.0/24,web-1,shop\n"),
    networks: put("networks.csv", "cidr,zone,name\n203.0.113.0/24,external,Partner\n"),
    subnets: put("subnets.csv", "subnet,cidr,name\nsubnet-a,10.0.1.0/24,Front\n"),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The attributes with which a record with these leaves the program. */
async function enriched(attributes: Record<string, string | number>): Promise<Record<string, unknown>> {
  const exporter = new InMemoryLogRecordExporter();
  const enriching = await FlowEnrichingProcessor.open(tables);
  const provider = new LoggerProvider({ processors: [enriching, new SimpleLogRecordProcessor({ exporter })] });
  provider.getLogger("test").emit({ body: "closed", attributes });
  await provider.forceFlush();
  const [record] = exporter.getFinishedLogRecords();
  await provider.shutdown();
  return { ...record?.attributes };
}

const ENDS = {
  "source.address": "10.0.1.7",
  "source.port": 51_234,
  "destination.address": "203.0.113.9",
  "destination.port": "443",
  "network.transport": "tcp",
};

test("a record with addresses gets what the tables know of them", async () => {
  const { "flow.lookups.version": version, ...attributes } = await enriched(ENDS);
  expect(version).toMatch(/^[0-9a-f]{8,}$/);
  expect(attributes).toEqual({
    ...ENDS,
    "flow.destination.service": "HTTPS",
    "flow.source.server": "web-1",
    "flow.source.owner": "shop",
    "flow.source.zone": "internal",
    "flow.destination.zone": "external",
    "flow.destination.network": "Partner",
    "flow.traffic_type": "north-south",
    "flow.initiator": "source",
    "flow.direction": "unknown",
  });
});

test("a subnet says the direction and has a name", async () => {
  expect(await enriched({ ...ENDS, "flow.subnet.id": "subnet-a" })).toMatchObject({
    "flow.direction": "egress",
    "network.io.direction": "transmit",
    "flow.subnet.name": "Front",
  });
});

test("the direction that a record states wins", async () => {
  const record = { ...ENDS, "flow.subnet.id": "subnet-a", "network.io.direction": "receive" };
  expect(await enriched(record)).toMatchObject({ "flow.direction": "ingress", "network.io.direction": "receive" });
});

test("an attribute that a record has stays as it is", async () => {
  expect(await enriched({ ...ENDS, "flow.source.server": "its own" })).toMatchObject({
    "flow.source.server": "its own",
    "flow.source.owner": "shop",
  });
});

test.each([[{ customer: 42 }], [{ "source.port": 443 }], [{ "source.address": "" }]])(
  "a record without an address passes untouched: %j",
  async (attributes) => {
    expect(await enriched(attributes)).toEqual(attributes);
  },
);

test("wrong options and wrong tables are refused with what is wrong", async () => {
  const failure = async (options: object) => {
    const error = await FlowEnrichingProcessor.open(options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  };
  expect(await failure({ server: "x" })).toMatch(/^FlowEnrichingProcessor: .*"server"/);
  writeFileSync(join(folder, "bad.csv"), "address,server\nnowhere,web\n");
  expect(await failure({ servers: join(folder, "bad.csv") })).toMatch(/bad\.csv:2/);
});
