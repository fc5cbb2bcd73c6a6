import fc from "fast-check";
import { expect, test } from "vitest";
import { ContextPool } from "../../../src/flow/contexts.ts";
import { readNamed } from "../../../src/flow/named-rows.ts";
import { COLUMNS } from "../../../src/flow/pack.ts";
import { Indexed } from "../../../src/flow/packed-values.ts";
import { ROW_NUMBERS, ROW_REFERENCES } from "../../../src/flow/row-layout.ts";
import { opened, sealed } from "../../../src/flow/sealed.ts";
import { writeRows } from "../../../src/flow/write-rows.ts";
import { anyFlows, flowsOf, sshFlow } from "../sinks/flows.ts";

test("any flows come back as they went, but for what the provider wrote besides", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(anyFlows, (flows) => {
      const back = opened(sealed(flows), new ContextPool());
      expect(back).toStrictEqual(
        flows.map((flow) => Object.assign(sshFlow(), flow, { original: undefined, origin: flow.origin })),
      );
    }),
  );
});

test("flows keep what the provider wrote besides, whoever gets a message of them", () => {
  const flow = sshFlow(1, { original: { a: 1 } });
  expect(opened(sealed([flow]), new ContextPool())?.[0]?.original).toBeUndefined();
  expect(flow.original).toEqual({ a: 1 });
});

test("rows of another version are read by the names of their fields", () => {
  const flows = flowsOf(3).map((flow) => Object.assign(flow, { bytes: 2n ** 60n, detections: ["a_rule"] }));
  const numbers = new Float64Array(3 * ROW_NUMBERS);
  const references = new Uint32Array(3 * ROW_REFERENCES);
  const indexed = { origins: new Indexed(), contexts: new Indexed(), values: new Indexed() };
  writeRows(flows, numbers, references, indexed);
  const values = { origins: indexed.origins.all, contexts: indexed.contexts.all, values: indexed.values.all };
  expect(readNamed(3, { numbers, references }, values, COLUMNS)).toStrictEqual(flows);
  const renamed = { ...COLUMNS, numbers: COLUMNS.numbers.map((name) => (name === "tcpFlags" ? "colour" : name)) };
  const back = readNamed(3, { numbers, references }, values, { ...renamed, layout: 1 });
  expect(back).toStrictEqual(flows.map((flow) => Object.assign(flow, { tcpFlags: undefined })));
  expect(Object.keys(back[0] ?? {})).not.toContain("colour");
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a text", Buffer.from("not flowferry's")],
  ["half a message", sealed(flowsOf(3)).subarray(0, 600)],
  ["a message with a changed byte", Buffer.concat([sealed(flowsOf(3)).subarray(0, -20), Buffer.alloc(20)])],
])("%s is no message", (_, message) => {
  expect(opened(message, new ContextPool())).toBeUndefined();
});
