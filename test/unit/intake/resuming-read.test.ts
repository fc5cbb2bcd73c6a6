import { describe, expect, it } from "vitest";
import { type Piece, resumingRead } from "../../../src/intake/resuming-read.ts";
import { type Drawer, Failure } from "../../../src/lib/errors.ts";

const content = Uint8Array.from({ length: 100 }, (_, index) => index);
/** Doubled with each failure in a row. */
const PAUSE_MS = 2;
const never = new AbortController().signal;

/** Content from a byte on, in chunks of 7, that breaks at a byte if there is one given. */
async function* from(start: number, breakAt?: number): AsyncGenerator<Uint8Array> {
  const end = breakAt ?? content.length;
  for (let at = start; at < end; at += 7) yield content.subarray(at, Math.min(at + 7, end));
  if (breakAt !== undefined) throw Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
}

async function read(breaks: readonly number[], signal = never): Promise<{ bytes: number[]; asked: number[] }> {
  const left = [...breaks];
  const asked: number[] = [];
  const piece = (start: number): Piece => ({ bytes: from(start, left.shift()), total: content.length });
  const again = async (start: number): Promise<Piece> => {
    asked.push(start);
    return piece(start);
  };
  const bytes: number[] = [];
  for await (const chunk of resumingRead("object k", piece(0), again, signal, PAUSE_MS)) bytes.push(...chunk);
  return { bytes, asked };
}

describe("resumingRead", () => {
  it.each([[[]], [[0]], [[1]], [[50, 51, 99]], [[0, 0, 0]], [[7, 14]], [[99]]])(
    "gives every byte once with breaks at %j",
    async (breaks) => {
      const { bytes, asked } = await read(breaks);
      expect(bytes).toEqual([...content]);
      expect(asked).toEqual(breaks);
    },
  );

  it("asks for nothing when it breaks behind the last byte", async () => {
    expect(await read([100])).toEqual({ bytes: [...content], asked: [] });
  });

  it("reads an empty object", async () => {
    const nothing: Piece = { bytes: from(0, 0), total: 0 };
    const chunks: Uint8Array[] = [];
    for await (const chunk of resumingRead("object k", nothing, () => expect.unreachable(), never)) chunks.push(chunk);
    expect(chunks).toEqual([]);
  });

  it("gives up where it does not get on, with what happened last as the cause", async () => {
    const failure = await read([10, 10, 10, 10, 10, 10]).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      drawer: "passing",
      code: "network",
      message: "object k: the connection broke 6 times in a row at byte 10 of 100",
      cause: { code: "UND_ERR_SOCKET" },
    });
  });

  const goingOn = (first: Piece, again: (from: number) => Promise<Piece>) =>
    Array.fromAsync(resumingRead("k", first, again, never, PAUSE_MS)).then((chunks) => chunks.flatMap((chunk) => [...chunk]));

  it.each(["object", "person", "worker"] as const)(
    "ends at once with a failure that no other request heals: %s",
    async (drawer) => {
      const refused = new Failure(drawer, "refused", "refused");
      const reading = goingOn({ bytes: from(0, 5), total: 100 }, () => Promise.reject(refused));
      await expect(reading).rejects.toBe(refused);
    },
  );

  it.each<[Drawer, number]>([
    ["passing", 3],
    ["not-understood", 3],
  ])("asks again after a failure that is %s", async (drawer, times) => {
    let left = times;
    const again = (start: number) =>
      left-- > 0 ? Promise.reject(new Failure(drawer, "c", "m")) : Promise.resolve({ bytes: from(start), total: content.length });
    expect(await goingOn({ bytes: from(0, 5), total: content.length }, again)).toEqual([...content]);
  });

  it("gives nothing of what goes on after the last byte", async () => {
    const chunks: number[] = [];
    const long = async (start: number): Promise<Piece> => ({ bytes: from(start), total: 50 });
    const reading = (async () => {
      for await (const chunk of resumingRead("k", await long(0), long, never, PAUSE_MS)) chunks.push(...chunk);
    })();
    await expect(reading).rejects.toMatchObject({ drawer: "not-understood", code: "bad-answer" });
    expect(chunks).toEqual([...content.subarray(0, 49)]);
  });

  it("does not go on after the signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("stop")), 1);
    await expect(read([1, 1, 1, 1, 1], controller.signal)).rejects.toThrow("stop");
  });
});
