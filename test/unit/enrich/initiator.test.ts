import { expect, test } from "vitest";
import { enrichInitiator } from "../../../src/enrich/initiator.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";

interface Said {
  readonly from: string;
  readonly to: string;
  readonly protocol?: number;
  readonly action?: "accept" | "reject";
  readonly bytesReverse?: number;
}

/** Flows of one object, sockets written as `address:port`. */
function object(key: string, records: readonly Said[]): Flow[] {
  const origin = originOf("file:///bucket", key, "1");
  return records.map(({ from, to, protocol = 6, action = "accept", bytesReverse }, index) => {
    const flow = new Flow(origin, index + 1, EMPTY_CONTEXT, 0);
    const [, sourceAddress, sourcePort] = /^(.*):(\d+)$/.exec(from) ?? [];
    const [, destinationAddress, destinationPort] = /^(.*):(\d+)$/.exec(to) ?? [];
    Object.assign(flow, {
      sourceAddress,
      destinationAddress,
      sourcePort: Number(sourcePort),
      destinationPort: Number(destinationPort),
    });
    return Object.assign(flow, { protocol, action, bytesReverse });
  });
}

function initiators(records: readonly Said[]): string[] {
  return object("a", records).map((flow) => {
    enrichInitiator(flow);
    return flow.initiator;
  });
}

test.each([
  ["a client's port to a service", "10.0.0.5:51515", "10.0.0.9:22", "source"],
  ["the answer of a service", "10.0.0.9:22", "10.0.0.5:51515", "destination"],
  ["the answer of a web server to a client that drew 9042", "10.0.0.9:443", "198.51.100.7:9042", "destination"],
  ["a client behind a NAT that drew 3389", "198.51.100.7:3389", "10.0.0.9:443", "source"],
  ["a client that drew 1024", "198.51.100.7:1024", "10.0.0.9:5432", "source"],
  ["NFS from a reserved port", "10.0.0.5:871", "10.0.0.9:2049", "source"],
  ["a port that nobody has settled on", "10.0.0.5:40001", "10.0.0.9:7777", "source"],
  ["two ports of services", "10.0.0.5:3389", "10.0.0.9:5432", "unknown"],
])("%s: %s to %s", (_, from, to, expected) => {
  expect(initiators([{ from, to }])).toEqual([expected]);
});

test("DHCP: the client's port is 68", () => {
  expect(initiators([{ from: "10.0.0.5:68", to: "10.0.0.1:67", protocol: 17 }])).toEqual(["source"]);
  expect(initiators([{ from: "10.0.0.1:67", to: "10.0.0.5:68", protocol: 17 }])).toEqual(["destination"]);
});

test("a refused packet is a first one, but for the late answer of a service", () => {
  expect(initiators([{ from: "198.51.100.7:443", to: "10.0.0.9:22", action: "reject" }])).toEqual(["source"]);
  expect(initiators([{ from: "198.51.100.7:40000", to: "10.0.0.9:50000", action: "reject" }])).toEqual(["source"]);
  expect(initiators([{ from: "198.51.100.7:443", to: "10.0.0.9:50000", action: "reject" }])).toEqual(["destination"]);
});

test("a record that describes both ways names who began as its source, whatever the ports say", () => {
  expect(initiators([{ from: "10.0.0.9:22", to: "10.0.0.5:51515", bytesReverse: 0 }])).toEqual(["source"]);
});

test("without ports nobody knows", () => {
  expect(initiators([{ from: "10.0.0.5:0", to: "10.0.0.9:0", protocol: 1 }])).toEqual(["unknown"]);
});

test("where ports do not tell, the one with a name in the table of ports is the service's", () => {
  const [request, answer, both, neither] = object("a", [
    { from: "10.0.0.5:40001", to: "10.0.0.9:50051" },
    { from: "10.0.0.9:50051", to: "10.0.0.5:40001" },
    { from: "10.0.0.5:50052", to: "10.0.0.9:50051" },
    { from: "10.0.0.5:40001", to: "10.0.0.9:50052" },
  ]) as [Flow, Flow, Flow, Flow];
  request.destinationService = "gRPC";
  answer.sourceService = "gRPC";
  Object.assign(both, { sourceService: "gRPC", destinationService: "gRPC" });
  for (const flow of [request, answer, both, neither]) enrichInitiator(flow);
  expect([request, answer, both, neither].map(({ initiator }) => initiator)).toEqual([
    "source",
    "destination",
    "unknown",
    "unknown",
  ]);
});
