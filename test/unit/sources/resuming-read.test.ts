import { describe, expect, it } from "vitest";
import { PermanentError, RetryableError } from "../../../src/errors.ts";
import { type Piece, resumingRead } from "../../../src/sources/resuming-read.ts";

const content = Uint8Array.from({ length: 100 }, (_, index) => index);
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
  for await (const chunk of resumingRead("object k", piece(0), again, signal)) bytes.push(...chunk);
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
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({
      code: "network",
      message: "object k: the connection broke 6 times in a row at byte 10 of 100",
      cause: { code: "UND_ERR_SOCKET" },
    });
  }, 20_000);

  it("does not go on after a permanent refusal, nor after the signal", async () => {
    const refused = new PermanentError("object-changed", "changed");
    const reading = (async () => {
      for await (const _ of resumingRead("k", { bytes: from(0, 5), total: 100 }, () => Promise.reject(refused), never));
    })();
    await expect(reading).rejects.toBe(refused);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("stop")), 20);
    await expect(read([1, 1, 1, 1, 1], controller.signal)).rejects.toThrow("stop");
  });
});
