import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Payload } from "../../../src/contracts/sink.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { compressor, Negotiation } from "../../../src/sinks/otlp/compression.ts";

const compress = compressor(undefined);
const TEXT = "one and the same text ".repeat(100);
const payload = (coding: string) => compress({ records: 1, parts: [new Uint8Array(Buffer.from(TEXT))] }, coding);
const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync };

const status = (code: number) => new Failure(code === 503 ? "passing" : "batch", `otlp-http-${code}`, `answered ${code}`);

/** A receiver that answers to each coding as told: undefined for "taken". */
function receiver(answers: Partial<Record<string, Failure>>) {
  const got: string[] = [];
  const send = async ({ coding = "none", parts: [part] }: Payload): Promise<string> => {
    got.push(coding);
    expect(unpack[coding as "gzip"](part as Uint8Array).toString()).toBe(TEXT);
    const answer = answers[coding];
    if (answer !== undefined) throw answer;
    return "taken";
  };
  return { answers, got, send };
}

function negotiating(compression: "auto" | "gzip" | "zstd" = "auto") {
  const told: string[] = [];
  const negotiation = new Negotiation(compression, compress, () => void told.push("gzip"));
  return { negotiation, told };
}

test("a receiver that takes zstd gets it, and is not doubted for a refusal any more", async () => {
  const { answers, got, send } = receiver({});
  const { negotiation, told } = negotiating();
  expect([negotiation.current, negotiation.safe]).toEqual(["zstd", "gzip"]);
  await negotiation.deliver(await payload("zstd"), send);
  expect([negotiation.current, negotiation.safe]).toEqual(["zstd", "zstd"]);
  answers.zstd = status(400);
  await expect(negotiation.deliver(await payload("zstd"), send)).rejects.toBe(answers.zstd);
  expect([got, told]).toEqual([["zstd", "zstd"], []]);
  // It was replaced by one that does not know zstd.
  answers.zstd = status(415);
  await negotiation.deliver(await payload("zstd"), send);
  expect([got.at(-1), negotiation.current, told]).toEqual(["gzip", "gzip", ["gzip"]]);
});

test.each([status(415), status(400), new Failure("not-understood", "otlp-bad-answer", "a page")])(
  "one that refuses zstd (%s) gets the same in gzip, with all that follows, and the operator is told once",
  async (refusal) => {
    const { got, send } = receiver({ zstd: refusal });
    const { negotiation, told } = negotiating();
    // Two are under way when it turns out, and one that was compressed before waits.
    const early = await payload("zstd");
    expect(await Promise.all([1, 2].map(async () => negotiation.deliver(await payload("zstd"), send)))).toEqual([
      "taken",
      "taken",
    ]);
    expect([negotiation.current, negotiation.safe, told]).toEqual(["gzip", "gzip", ["gzip"]]);
    got.length = 0;
    await negotiation.deliver(early, send);
    await negotiation.deliver(await payload("gzip"), send);
    expect(got).toEqual(["gzip", "gzip"]);
  },
);

test("a record that is bad in any form is refused in the words that gzip gets, and nothing is concluded from it", async () => {
  const { answers, got, send } = receiver({ zstd: status(400), gzip: status(400) });
  const { negotiation } = negotiating();
  await expect(negotiation.deliver(await payload("zstd"), send)).rejects.toBe(answers.gzip);
  expect([got, negotiation.current]).toEqual([["zstd", "gzip"], "zstd"]);
  answers.zstd = undefined;
  await negotiation.deliver(await payload("zstd"), send);
  expect(negotiation.safe).toBe("zstd");
});

test("overload says nothing about zstd, and what a configuration fixes is not negotiated", async () => {
  const busy = receiver({ zstd: status(503) });
  await expect(negotiating().negotiation.deliver(await payload("zstd"), busy.send)).rejects.toBe(busy.answers.zstd);
  expect(busy.got).toEqual(["zstd"]);
  const strict = receiver({ zstd: status(415) });
  const { negotiation } = negotiating("zstd");
  await expect(negotiation.deliver(await payload("zstd"), strict.send)).rejects.toBe(strict.answers.zstd);
  expect([strict.got, negotiation.current]).toEqual([["zstd"], "zstd"]);
});
