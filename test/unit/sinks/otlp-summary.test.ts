import { expect, test } from "vitest";
import type { Flow } from "../../../src/flow/flow.ts";
import { summaryOf } from "../../../src/schemas/record.ts";
import { MAX_SUMMARY, putSummary } from "../../../src/sinks/otlp/summary.ts";
import { sshFlow } from "./flows.ts";

const PORTS = [undefined, 0, 1, 65_535];
const ADDRESSES = ["10.0.0.7", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined];

function written(flow: Flow): string | undefined {
  const bytes = Buffer.alloc(MAX_SUMMARY);
  const end = putSummary(bytes, 0, flow);
  return end < 0 ? undefined : bytes.toString("utf8", 0, end);
}

test("what is written without making the text is the text", () => {
  for (let protocol = 0; protocol < 256; protocol++) {
    for (const sourcePort of PORTS) {
      for (const destinationPort of PORTS) {
        const flow = sshFlow(1, { protocol, protocolName: "A-Name", sourcePort, destinationPort });
        expect(written(flow) ?? summaryOf(flow)).toBe(summaryOf(flow));
      }
    }
  }
  for (const sourceAddress of ADDRESSES) {
    for (const destinationAddress of ADDRESSES) {
      const flow = sshFlow(1, { action: "reject", protocolName: "ABCDEFGHIJKL", sourceAddress, destinationAddress });
      expect(written(flow) ?? summaryOf(flow)).toBe(summaryOf(flow));
    }
  }
});

// By the description of `summaryOf`: protocols with ports show them all.
test.each([
  [33, "DCCP"],
  [132, "SCTP"],
  [136, "UDPLite"],
])("a port 0 of protocol %i is shown", (protocol, protocolName) => {
  const flow = sshFlow(1, { protocol, protocolName, sourcePort: 0, destinationPort: 0 });
  expect(written(flow)).toBe(`accept ${protocolName.toLowerCase()} 203.0.113.9:0 -> 10.0.1.7:0`);
});
