import fc from "fast-check";
import { expect, test } from "vitest";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema, SCHEMA_NAMES } from "../../../src/schemas/load.ts";
import { recordClassOf, summaryOf } from "../../../src/schemas/record.ts";
import { anyFlow, noDataFlow, sshFlow } from "../sinks/flows.ts";

test.each(SCHEMA_NAMES)("every flow is one line of valid JSON in schema %s", (name) => {
  const print = linePrinter(loadSchema(name, "/"), 'a "service"');
  fc.assert(
    fc.property(anyFlow, (flow) => {
      const line = print(flow, 0);
      expect(line).not.toMatch(/[\n\r]/);
      expect(line.isWellFormed()).toBe(true);
      expect(JSON.parse(line)).toBeTypeOf("object");
    }),
  );
});

test("texts come back as they were, with U+FFFD for what UTF-8 cannot hold", () => {
  const print = linePrinter(loadSchema("otel", "/"), "x");
  const address = 'a"b\\c\u0000\u2028é漢😀\ud800';
  const line = JSON.parse(print(sshFlow(1, { sourceAddress: address }), 0)) as { attributes: Record<string, unknown> };
  expect(line.attributes["source.address"]).toBe('a"b\\c\u0000\u2028é漢😀\ufffd');
});

test("counters keep every digit", () => {
  const print = linePrinter(loadSchema("otel", "/"), "x");
  expect(print(sshFlow(1, { bytes: 2n ** 64n - 1n, packets: 2 ** 53 - 1 }), 0)).toContain(
    '"flow.bytes":18446744073709551615,"flow.packets":9007199254740991,',
  );
});

test("what is shared is printed as anew, also where it changes between flows", () => {
  const print = linePrinter(loadSchema("seed", "/"), "x");
  const [a, b] = [Object.freeze([{ display_name: "a" }]), Object.freeze([{ display_name: "b" }])];
  const mutable = [{ display_name: "c" }];
  const listsOf = (securityLists: readonly object[] | undefined) =>
    JSON.parse(print(sshFlow(1, { securityLists }), 0)).security_lists as unknown;
  expect([a, b, a, mutable, undefined].map(listsOf)).toEqual([a, b, a, mutable, []]);
  mutable.push({ display_name: "d" });
  expect(listsOf(mutable)).toEqual([{ display_name: "c" }, { display_name: "d" }]);
});

test("a time that no calendar has does not stop the line", () => {
  const print = linePrinter(loadSchema("ecs", "/"), "x");
  expect(JSON.parse(print(sshFlow(1, { end: 1e18 }), 0))).toMatchObject({ "event.end": "1000000000000000000" });
});

test("event name and severity follow action and status", () => {
  expect(recordClassOf(sshFlow())).toEqual({ eventName: "flow.accept", severityNumber: 9, severityText: "INFO" });
  expect(recordClassOf(sshFlow(1, { action: "reject" }))).toEqual({
    eventName: "flow.reject",
    severityNumber: 13,
    severityText: "WARN",
  });
  expect(recordClassOf(noDataFlow())).toMatchObject({ eventName: "flow.no_data", severityNumber: 9 });
  expect(recordClassOf(sshFlow(1, { status: "SKIPDATA" }))).toMatchObject({ eventName: "flow.skip_data", severityNumber: 13 });
  expect(recordClassOf(sshFlow(1, { action: undefined }))).toMatchObject({ eventName: "flow.unknown", severityNumber: 9 });
});

test("the summary is what a person would write", () => {
  expect(summaryOf(sshFlow())).toBe("accept tcp 203.0.113.9:51234 -> 10.0.1.7:22");
  const six = { sourceAddress: "2001:db8::1", destinationAddress: "2001:db8::2" };
  expect(summaryOf(sshFlow(1, { ...six, action: "reject" }))).toBe("reject tcp [2001:db8::1]:51234 -> [2001:db8::2]:22");
  const icmp = { protocol: 1, protocolName: "ICMP", sourcePort: 0, destinationPort: 0 };
  expect(summaryOf(sshFlow(1, icmp))).toBe("accept icmp 203.0.113.9 -> 10.0.1.7");
  expect(summaryOf(sshFlow(1, { protocolName: undefined, protocol: 47, sourcePort: 0, destinationPort: 0 }))).toBe(
    "accept protocol 47 203.0.113.9 -> 10.0.1.7",
  );
  expect(summaryOf(noDataFlow())).toBe("no data");
});
