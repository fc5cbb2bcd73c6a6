import { expect, test } from "vitest";
import { Failure } from "../../../src/lib/errors.ts";
import { unpack } from "../../../src/sinks/kafka/messages.ts";
import { kafkaTopic } from "../../../src/sinks/kafka/sink.ts";
import { decodeRequest } from "../../simulators/otlp/decode.ts";
import { flowsOf } from "./flows.ts";

const dependencies = { baseDir: "/", env: {}, version: "1.2.3" };
const given = { brokers: ["localhost:9092"], sasl: { username: "u", password: "p" }, topic: "flows" };

function encoder(options: object = {}) {
  const parsed = kafkaTopic.options.parse({ ...given, ...options });
  kafkaTopic.check?.(parsed, {});
  const made = kafkaTopic.encoder?.(parsed, dependencies);
  if (made === undefined) throw new Error("no encoder");
  return made;
}
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("a record is a message, whose key is what the flow says of a field", () => {
  const flows = flowsOf(3);
  const messages = unpack(encoder({ key: "sourceAddress" }).encode(flows, Date.now()));
  expect(messages.map(({ key }) => text(key))).toEqual(flows.map(({ sourceAddress }) => sourceAddress));
  const lines = messages.map(({ value }) => JSON.parse(text(value) ?? ""));
  expect(lines.map(({ attributes }) => attributes["log.record.uid"])).toEqual(flows.map(({ uid }) => uid));
});

test("without a key, and of a flow that says nothing of it, there is none", () => {
  expect(unpack(encoder().encode(flowsOf(2), 0)).map(({ key }) => key)).toEqual([undefined, undefined]);
  const [flow] = flowsOf(1);
  if (flow !== undefined) flow.sourceAddress = undefined;
  expect(unpack(encoder({ key: "sourceAddress" }).encode([flow as never], 0)).map(({ key }) => key)).toEqual([undefined]);
});

test("in OTLP the records of a key are one request", () => {
  const flows = flowsOf(40);
  for (const [index, flow] of flows.entries()) flow.sourceAddress = `10.0.0.${index % 3}`;
  for (const encoding of ["otlp-protobuf", "otlp-json"]) {
    const messages = unpack(encoder({ key: "sourceAddress", encoding }).encode(flows, Date.now()));
    expect(messages.map(({ key }) => text(key))).toEqual(["10.0.0.0", "10.0.0.1", "10.0.0.2"]);
    const uids = messages.map(({ value }) => {
      const records = decodeRequest(value, encoding === "otlp-json" ? "json" : "protobuf");
      return records.map(({ attributes }) => attributes["log.record.uid"]).sort();
    });
    const expected = [0, 1, 2].map((rest) =>
      flows
        .filter((_, index) => index % 3 === rest)
        .map(({ uid }) => uid)
        .sort(),
    );
    expect(uids).toEqual(expected);
  }
});

test("a batch that is larger than a request may be is refused before it is sent, a single record with its place", () => {
  const many = () => encoder({ batch: { bytes: 2048 } }).encode(flowsOf(20), 0);
  expect(many).toThrow(expect.objectContaining({ drawer: "batch", code: "kafka-too-large", tooLarge: true, certain: true }));
  const [flow] = flowsOf(1);
  if (flow === undefined) throw new Error("no flow");
  flow.sourceService = "x".repeat(3000);
  const one = () => encoder({ batch: { bytes: 2048 } }).encode([flow], 0);
  expect(one).toThrow(Failure);
  expect(one).toThrow(new RegExp(`record ${flow.record} of .* makes a message of \\d+ bytes, more than batch.bytes \\(2048\\)`));
});

test("a key that is no field is refused, with what was meant", () => {
  expect(() => encoder({ key: "sourceAdress" })).toThrow("key: there is no field sourceAdress: did you mean sourceAddress?");
});
