import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createSlots, GETTERS, readSlots, SETTERS, SLOTS } from "../../../src/flow/access.ts";
import { CONTEXT_FIELDS, FIELD_NAMES, fieldOf, isFrom, isOfContext, isStored } from "../../../src/flow/fields.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { printAccess, printFlow, printReadRows, printRowLayout, printWriteRows } from "../../../src/flow/generate.ts";
import { asset } from "../../../src/lib/assets.ts";
import { fieldsOf } from "../../../src/schemas/compile.ts";
import { definition } from "../../../src/schemas/definition.ts";
import { SCHEMA_NAMES } from "../../../src/schemas/load.ts";
import { runs } from "../../runs.ts";
import { anyFlow, noDataFlow, ORIGIN, TIME } from "../sinks/flows.ts";

const newFlow = (context = EMPTY_CONTEXT) => new Flow(ORIGIN, 7, context, TIME);
const own = FIELD_NAMES.filter((name) => isStored(name) && !isOfContext(name));

test.each([
  ["flow.ts", printFlow],
  ["access.ts", printAccess],
  ["row-layout.ts", printRowLayout],
  ["write-rows.ts", printWriteRows],
  ["read-rows.ts", printReadRows],
])("%s is what the table says: npm run generate:flow", (file, print) => {
  expect(readFileSync(asset(`src/flow/${file}`), "utf8")).toBe(print());
});

test("a flow has a slot for each field that is not derived, and a context for those that its flows share", () => {
  expect(Object.keys(newFlow())).toEqual(expect.arrayContaining(own));
  expect(Object.keys(newFlow()).length).toBe(own.length + ["origin", "record", "context"].length);
  expect(Object.keys(EMPTY_CONTEXT)).toEqual(CONTEXT_FIELDS);
});

test("a new flow says nothing but where it is and when it was", () => {
  const said = FIELD_NAMES.flatMap((name) => (GETTERS[name](newFlow()) === undefined ? [] : [[name, GETTERS[name](newFlow())]]));
  expect(Object.fromEntries(said)).toEqual({
    uid: `${ORIGIN.digest}00000007`,
    time: TIME,
    status: "OK",
    direction: "unknown",
    initiator: "unknown",
    detections: [],
    objectKey: ORIGIN.key,
    objectRecord: 7,
  });
});

test("each getter reads the slot of its name, of the flow before the context's", () => {
  for (const name of own) {
    const flow = newFlow();
    Object.assign(flow, { [name]: "own" });
    expect([name, GETTERS[name](flow)]).toEqual([name, "own"]);
  }
  for (const name of CONTEXT_FIELDS) {
    const flow = newFlow({ ...EMPTY_CONTEXT, [name]: "shared" });
    expect([name, GETTERS[name](flow)]).toEqual([name, "shared"]);
    if (isOfContext(name)) continue;
    Object.assign(flow, { [name]: "own" });
    expect([name, GETTERS[name](flow)]).toEqual([name, "own"]);
  }
});

test("decoders have a setter for each of their fields, and for no other", () => {
  expect(Object.keys(SETTERS)).toEqual(FIELD_NAMES.filter((name) => isFrom(name, "decoder")));
});

test("what is derived says so, and what is not has a slot", () => {
  for (const name of FIELD_NAMES) {
    expect([name, isStored(name)]).toEqual([name, !isFrom(name, "derived") && !isFrom(name, "position")]);
    expect(fieldOf(name).meaning).toMatch(/^[A-Za-z].*[^.]$/);
  }
});

test("slots hold what the getters give", () => {
  const slots = createSlots();
  fc.assert(
    fc.property(anyFlow, (flow) => {
      readSlots(flow, slots);
      expect(slots).toEqual(SLOTS.map((name) => GETTERS[name](flow)));
    }),
  );
});

test("slots keep nothing of the flow before", () => {
  const slots = createSlots();
  fc.assert(
    fc.property(anyFlow, (flow) => {
      readSlots(flow, slots);
      readSlots(noDataFlow(), slots);
      const fresh = createSlots();
      readSlots(noDataFlow(), fresh);
      expect(slots).toEqual(fresh);
    }),
    { numRuns: runs(20) },
  );
});

const whole = SCHEMA_NAMES.filter((name) => name !== "otel-compact");
test.each(whole)("schema %s holds every field or leaves it out on purpose", (name) => {
  const schema = definition.parse(parse(readFileSync(asset(`mappings/schemas/${name}.yaml`), "utf8")));
  const said = new Set([...fieldsOf(schema), ...schema.without]);
  expect(schema.closed ? [] : FIELD_NAMES.filter((field) => !said.has(field))).toEqual([]);
});
