import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Payload } from "../../../src/contracts/sink.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { compressor } from "../../../src/sinks/otlp/compression.ts";
import { Negotiation } from "../../../src/sinks/otlp/negotiation.ts";

const compress = compressor(undefined);
const TEXT = "one and the same text ".repeat(100);
const payload = (coding: string) => compress({ records: 1, parts: [new Uint8Array(Buffer.from(TEXT))] }, coding);
const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync };

const DRAWERS: Readonly<Record<number, Failure["drawer"]>> = { 401: "person", 415: "person", 429: "passing", 503: "passing" };
const status = (code: number) => new Failure(DRAWERS[code] ?? "batch", `otlp-http-${code}`, `answered ${code}`);

/** What it answers: undefined for "taken". */
type Answers = Partial<Record<"gzip" | "zstd" | "false zstd", Failure>>;

/** How receivers behave that read zstd, that know it not, and that look at no body. */
const READS: Answers = { "false zstd": status(400) };
const KNOWS_NOT: Answers = { zstd: status(400), "false zstd": status(400) };
const REFUSES: Answers = { zstd: status(415), "false zstd": status(415) };
const SAYS_YES: Answers = {};
/** Takes bodies as they are, whatever they are called. */
const IGNORES: Answers = { zstd: status(400) };

function negotiating(answers: Answers, compression: "auto" | "gzip" | "zstd" = "auto") {
  const receiver = { answers, got: [] as string[], asked: [] as string[], told: 0 };
  const answer = (kind: keyof Answers): string => {
    const refusal = receiver.answers[kind];
    if (refusal !== undefined) throw refusal;
    return "taken";
  };
  const send = async ({ coding = "none", parts: [part] }: Payload): Promise<string> => {
    receiver.got.push(coding);
    expect(unpack[coding as "gzip"](part as Uint8Array).toString()).toBe(TEXT);
    return answer(coding as "gzip");
  };
  const ask = async ({ coding, parts: [part = new Uint8Array()] }: Payload) => {
    const isFalse = Buffer.from(part).toString("hex") === "0a00";
    if (!isFalse) expect(zstdDecompressSync(part).toString("hex")).toBe("0a00");
    receiver.asked.push(`${isFalse ? "false " : ""}${coding}`);
    return answer(isFalse ? "false zstd" : "zstd");
  };
  const onGzip = () => {
    receiver.told += 1;
  };
  const negotiation = new Negotiation({ compression, encoding: "protobuf" }, compress, ask, onGzip);
  /** Delivers so many payloads, each compressed as is wanted then. */
  const deliver = async (count: number) => {
    for (let sent = 0; sent < count; sent++) await negotiation.deliver(await payload(negotiation.current ?? ""), send);
  };
  return { receiver, negotiation, send, deliver };
}

test("a receiver that refuses what is called zstd and is none, and takes zstd, gets zstd; before it is asked, gzip", async () => {
  const { receiver, negotiation, deliver } = negotiating(READS);
  await deliver(19);
  expect([negotiation.current, receiver.asked]).toEqual(["gzip", []]);
  await deliver(1);
  await expect.poll(() => negotiation.current).toBe("zstd");
  await deliver(40);
  expect(receiver.got).toEqual([...Array(20).fill("gzip"), ...Array(40).fill("zstd")]);
  expect([receiver.asked, receiver.told]).toEqual([["false zstd", "zstd"], 0]);
});

test.each([
  ["says yes to everything", SAYS_YES, ["false zstd"]],
  ["reads every body as it is", IGNORES, ["false zstd"]],
  ["answers 400 to zstd", KNOWS_NOT, ["false zstd", "zstd"]],
  ["answers 415 to zstd", REFUSES, ["false zstd", "zstd"]],
] as const)("one that %s gets gzip, and is asked once", async (_, answers, asked) => {
  const { receiver, negotiation, deliver } = negotiating(answers);
  await deliver(20);
  await expect.poll(() => receiver.asked).toEqual(asked);
  await deliver(40);
  expect([negotiation.current, receiver.asked, receiver.told]).toEqual(["gzip", asked, 0]);
  expect(receiver.got).toEqual(Array(60).fill("gzip"));
});

test("answers that say nothing of zstd leave it open: it is asked again, after as many requests", async () => {
  const { receiver, negotiation, deliver } = negotiating({ "false zstd": status(401) });
  await deliver(20);
  await expect.poll(() => receiver.asked).toEqual(["false zstd"]);
  expect(negotiation.current).toBe("gzip");
  receiver.answers = READS;
  await deliver(20);
  await expect.poll(() => negotiation.current).toBe("zstd");
});

test.each([400, 415])(
  "where zstd is refused later (%i) and the same is taken in gzip, all that follows is gzip",
  async (code) => {
    const { receiver, negotiation, send, deliver } = negotiating(READS);
    await deliver(20);
    await expect.poll(() => negotiation.current).toBe("zstd");
    receiver.answers = { zstd: status(code) };
    receiver.got.length = 0;
    const early = await payload("zstd");
    await Promise.all([1, 2].map(async () => negotiation.deliver(await payload("zstd"), send)));
    expect([negotiation.current, receiver.told]).toEqual(["gzip", 1]);
    await negotiation.deliver(early, send);
    expect(receiver.got).toEqual(["zstd", "zstd", "gzip", "gzip", "gzip"]);
    await deliver(60);
    expect([negotiation.current, receiver.asked.length]).toEqual(["gzip", 2]);
  },
);

test("a record that is bad in any form is refused in the words that gzip gets, and nothing is concluded from it", async () => {
  const { receiver, negotiation, send, deliver } = negotiating(READS);
  await deliver(20);
  await expect.poll(() => negotiation.current).toBe("zstd");
  const inGzip = status(400);
  receiver.answers = { zstd: status(400), gzip: inGzip };
  await expect(negotiation.deliver(await payload("zstd"), send)).rejects.toBe(inGzip);
  expect([receiver.got.slice(-2), negotiation.current]).toEqual([["zstd", "gzip"], "zstd"]);
});

test("who answers after a failure may be another one: it gets gzip, and is asked again", async () => {
  const { receiver, negotiation, send, deliver } = negotiating(READS);
  await deliver(20);
  await expect.poll(() => negotiation.current).toBe("zstd");
  receiver.answers = { zstd: status(429) };
  const waiting = await payload("zstd");
  await expect(negotiation.deliver(waiting, send)).rejects.toThrow("answered 429");
  expect(negotiation.current).toBe("zstd");
  receiver.answers = { zstd: status(503) };
  await expect(negotiation.deliver(waiting, send)).rejects.toThrow("answered 503");
  expect(negotiation.current).toBe("gzip");
  receiver.answers = SAYS_YES;
  await negotiation.deliver(waiting, send);
  expect(receiver.got.at(-1)).toBe("gzip");
  await deliver(40);
  await expect.poll(() => receiver.asked.length).toBe(3);
  expect(negotiation.current).toBe("gzip");
});

test("what a configuration fixes is not negotiated", async () => {
  const { receiver, negotiation, send } = negotiating(REFUSES, "zstd");
  await expect(negotiation.deliver(await payload("zstd"), send)).rejects.toBe(REFUSES.zstd);
  expect([receiver.got, receiver.asked, negotiation.current]).toEqual([["zstd"], [], "zstd"]);
});
