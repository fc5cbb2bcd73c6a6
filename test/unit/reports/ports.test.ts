import { expect, test } from "vitest";
import { PortSummary, rangesOf } from "../../../src/reports/ports.ts";
import { flowOf } from "./flows.ts";

const SUBNET = "ocid1.subnet.oc1.iad.aaaaxxxxx";
const ALL = { initiatedOnly: false, action: "accept" } as const;

/** An accepted TCP flow into the subnet from outside, unless the fields say otherwise. */
const ingress = (destinationAddress: string, destinationPort: number, fields: object = {}, context: object = {}) =>
  flowOf(
    {
      ...{ direction: "ingress", action: "accept", protocol: 6, sourceZone: "external", sourceAddress: "203.0.113.9" },
      ...{ destinationAddress, destinationPort },
      ...fields,
    },
    { subnet: SUBNET, ...context },
  );

/** The counts of the analysis article's example (its first file says what the second must add up to). */
const ARTICLE = [
  ["10.0.5.42", 22, 12, 6],
  ["10.0.5.43", 49668, 111, 6],
  ["10.0.5.42", 49668, 48, 6],
  ["10.0.5.42", 49676, 48, 6],
  ["10.0.5.42", 49677, 40, 6],
  ["10.0.5.42", 50558, 179, 6],
  ["10.0.5.42", 123, 1, 17],
] as const;

test("the analysis article's example: both files of the subnet, key for key and in their order", () => {
  const summary = new PortSummary(ALL);
  for (const [address, port, count, protocol] of ARTICLE) {
    for (let n = 0; n < count; n++) summary.add(ingress(address, port, { protocol }));
  }
  const [report, ...more] = summary.subnets();
  expect(more).toEqual([]);
  expect(report?.file).toBe(`subnet_${SUBNET}`);
  // As text, so that the order of the keys counts.
  expect(JSON.stringify(report?.ports)).toBe(
    JSON.stringify({
      vnicsubnetocid: SUBNET,
      subnet_name: `subnet_${SUBNET}`,
      TCP_Internal: { port_ranges: "", port_counts: [] },
      TCP_External: {
        port_ranges: "22,49668,49676-49677,50558",
        port_counts: [
          { port: 50558, count: 179 },
          { port: 49668, count: 159 },
          { port: 49676, count: 48 },
          { port: 49677, count: 40 },
          { port: 22, count: 12 },
        ],
      },
      UDP_Internal: { port_ranges: "", port_counts: [] },
      UDP_External: { port_ranges: "123", port_counts: [{ port: 123, count: 1 }] },
    }),
  );
  const record = (destination_address: string, destination_port: number, count: number) => ({
    destination_address,
    destination_port,
    count,
  });
  expect(JSON.stringify(report?.details)).toBe(
    JSON.stringify({
      vnicsubnetocid: SUBNET,
      subnet_name: `subnet_${SUBNET}`,
      detailed_records: [
        record("10.0.5.42", 50558, 179),
        record("10.0.5.43", 49668, 111),
        record("10.0.5.42", 49668, 48),
        record("10.0.5.42", 49676, 48),
        record("10.0.5.42", 49677, 40),
        record("10.0.5.42", 22, 12),
        record("10.0.5.42", 123, 1),
      ],
    }),
  );
});

test("equal counts stand in the order of their ports, in whatever order the flows come", () => {
  const summary = new PortSummary(ALL);
  for (const port of [443, 22, 8080, 443, 22, 8080]) summary.add(ingress("10.0.5.1", port));
  const { port_counts } = summary.subnets()[0]?.ports.TCP_External ?? {};
  expect(port_counts?.map(({ port }) => port)).toEqual([22, 443, 8080]);
});

test("only neighbours are joined into ranges", () => {
  expect(rangesOf([])).toBe("");
  expect(rangesOf([7])).toBe("7");
  expect(rangesOf([3, 1, 2, 5, 65535, 65534])).toBe("1-3,5,65534-65535");
});

test("what does not count: egress, other protocols, rejected flows, windows without traffic", () => {
  const summary = new PortSummary(ALL);
  summary.add(ingress("10.0.5.1", 1, { direction: "egress" }));
  summary.add(ingress("10.0.5.1", 2, { protocol: 1 }));
  summary.add(ingress("10.0.5.1", 3, { action: "reject" }));
  summary.add(ingress("10.0.5.1", 4, { status: "NODATA" }));
  summary.add(ingress("10.0.5.1", 5, { direction: "unknown" }));
  summary.add(ingress("10.0.5.1", 6, {}, { subnet: undefined }));
  expect(summary.subnets()).toEqual([]);
  expect(summary.undirected).toBe(2);
});

test("rejected flows count where they are asked for, and flows without an action as accepted", () => {
  const portsWith = (action: "accept" | "reject" | "all") => {
    const summary = new PortSummary({ initiatedOnly: false, action });
    for (const [port, one] of [
      [1, "accept"],
      [2, "reject"],
      [3, undefined],
    ] as const)
      summary.add(ingress("10.0.5.1", port, { action: one }));
    return [summary.subnets()[0]?.ports.TCP_External.port_ranges, summary.unsaid];
  };
  expect(portsWith("accept")).toEqual(["1,3", 1]);
  expect(portsWith("reject")).toEqual(["2", 0]);
  expect(portsWith("all")).toEqual(["1-3", 0]);
});

test("initiated only: no answers to ephemeral ports, and a count of those of which nobody knows", () => {
  const summary = new PortSummary({ initiatedOnly: true, action: "accept" });
  summary.add(ingress("10.0.5.1", 22, { initiator: "source" }));
  summary.add(ingress("10.0.5.1", 50_000, { initiator: "destination" }));
  summary.add(ingress("10.0.5.1", 40_000, { initiator: "unknown" }));
  expect(summary.subnets()[0]?.ports.TCP_External.port_ranges).toBe("22");
  expect(summary.uncertain).toBe(1);
});

test("files are called as the log calls the subnet; no subnet's files replace another's, or leave the folder", () => {
  const summary = new PortSummary(ALL);
  summary.add(ingress("10.0.5.1", 22, {}, { subnet: "a", subnetName: "app" }));
  summary.add(ingress("10.0.5.1", 22, {}, { subnet: "b", subnetName: "app" }));
  summary.add(ingress("10.0.5.1", 22, {}, { subnet: "c", subnetName: "details_app" }));
  summary.add(ingress("10.0.5.1", 22, {}, { subnet: "crn:v1:a/1::subnet:x", subnetName: "../../etc/passwd" }));
  expect(summary.subnets().map(({ file, ports }) => [file, ports.subnet_name])).toEqual([
    ["app", "app"],
    ["subnet_b", "app"],
    ["subnet_c", "details_app"],
    ["__.._etc_passwd", "../../etc/passwd"],
  ]);
});
