import { afterEach, describe, expect, test, vi } from "vitest";
import { type Drawer, Failure, UsageError } from "../../../src/lib/errors.ts";
import { pauseBefore, retry, retryBriefly, retryWithin } from "../../../src/lib/retry.ts";

const never = new AbortController().signal;
const policy = { initialMs: 1, maxMs: 4 };

/** Fails with these one after the other, then gives the number of the call. */
function failing(...errors: unknown[]) {
  const state = { calls: 0 };
  const attempt = async () => {
    state.calls += 1;
    if (errors.length > 0) throw errors.shift();
    return state.calls;
  };
  return { state, attempt };
}

describe("retry", () => {
  test("repeats what may heal, telling each failure with its pause", async () => {
    const drawers: Drawer[] = ["not-understood", "passing", "person", "worker"];
    const errors = [...drawers.map((drawer) => new Failure(drawer, drawer, drawer)), new Error("socket closed"), "thrown"];
    const { attempt } = failing(...errors);
    const told: unknown[] = [];
    const pauses: number[] = [];
    const onRetry = ({ pauseMs, ...failure }: { failures: number; pauseMs: number; error: unknown }) => {
      told.push(failure);
      pauses.push(pauseMs);
    };
    expect(await retry(attempt, policy, never, onRetry)).toBe(errors.length + 1);
    expect(told).toEqual(errors.map((error, index) => ({ failures: index + 1, error })));
    // The first of 1 ms, the others of 2 and 4 at most.
    expect(pauses.map((pause, index) => pause <= Math.min(4, 2 ** index))).toEqual(pauses.map(() => true));
  });

  test.each([
    new Failure("batch", "http-400", "bad"),
    new Failure("object", "object-denied", "403"),
    new UsageError("bad-options", "wrong"),
  ])("gives up for what no repetition heals: %s", async (error) => {
    const { state, attempt } = failing(error);
    const onRetry = () => {
      throw new Error("it is repeated");
    };
    await expect(retry(attempt, policy, never, onRetry)).rejects.toBe(error);
    expect(state.calls).toBe(1);
  });

  test("gives up for what the caller says is final", async () => {
    const [first, second] = [new Failure("person", "a", "a"), new Failure("person", "b", "b")];
    const { state, attempt } = failing(first, second);
    await expect(
      retry(
        attempt,
        policy,
        never,
        () => {},
        (error) => error === second,
      ),
    ).rejects.toBe(second);
    expect(state.calls).toBe(2);
  });

  test("ends with the signal, during an attempt and during a pause", async () => {
    const controller = new AbortController();
    const breaking = async () => {
      controller.abort(new Error("enough"));
      throw new Failure("batch", "http-400", "bad");
    };
    await expect(retry(breaking, policy, controller.signal, () => {})).rejects.toThrow("enough");
    const later = new AbortController();
    const { state, attempt } = failing(new Error("x"), new Error("x"));
    const pausing = retry(attempt, { initialMs: 60_000, maxMs: 60_000 }, later.signal, () => later.abort());
    await expect(pausing).rejects.toThrow("aborted");
    expect(state.calls).toBe(1);
  });
});

describe("retryBriefly", () => {
  test("repeats what passes and what is not understood", async () => {
    const { attempt } = failing(
      new Failure("passing", "busy", "busy"),
      new Failure("not-understood", "page", "page"),
      new Error("x"),
    );
    expect(await retryBriefly(attempt, policy, never, () => {})).toBe(4);
  });

  test.each<Drawer>(["person", "worker", "batch", "object"])("waits for no %s", async (drawer) => {
    const error = new Failure(drawer, "code", "why");
    const { state, attempt } = failing(error);
    await expect(retryBriefly(attempt, policy, never, () => {})).rejects.toBe(error);
    expect(state.calls).toBe(1);
  });
});

describe("the pause", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const at = (random: number, failures: number, bounds: { initialMs: number; maxMs: number }, error: unknown = undefined) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    return pauseBefore(failures, error, bounds);
  };
  const bounds = { initialMs: 500, maxMs: 30_000 };

  test("doubles with each failure up to the longest, and lies between half of it and all of it", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => at(1, failures, bounds));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect([1, 2, 7].map((failures) => at(0, failures, bounds))).toEqual([250, 500, 15_000]);
    expect(at(0.5, 1, bounds)).toBe(375);
  });

  test("is a finite number of whole ms after any number of failures", () => {
    const unbounded = { initialMs: 1, maxMs: Number.MAX_VALUE };
    expect(at(1, 31, unbounded)).toBe(2 ** 30);
    expect(at(1, 32, unbounded)).toBe(2 ** 30);
    expect(at(1, 1e6, unbounded)).toBe(2 ** 30);
    expect(at(0.333, 1, { initialMs: 3, maxMs: 9 })).toBe(2);
  });

  test("is never shorter than the other side asks for, which may be an hour at most", () => {
    const asks = (retryAfterMs: number) => new Failure("passing", "busy", "busy", { retryAfterMs });
    expect(at(1, 1, bounds, asks(20_000))).toBe(20_000);
    expect(at(1, 1, bounds, asks(100))).toBe(500);
    expect(at(1, 1, bounds, asks(3_600_000))).toBe(3_600_000);
    expect(at(1, 1, bounds, asks(3_600_001))).toBe(3_600_000);
    expect(at(1, 1, bounds, new Failure("passing", "busy", "busy"))).toBe(500);
  });
});

describe("retryWithin", () => {
  test("gives up after its time with what was said last, or with who gave no answer", async () => {
    const busy = new Failure("passing", "busy", "the service is busy");
    const say = (attempt: (signal: AbortSignal) => Promise<never>) =>
      retryWithin(1_000, "GET /things", attempt, policy, never).catch((error: unknown) => error);
    const hang = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    let asked = 0;
    const [busyThenSilent, silent] = await Promise.all([
      say((signal) => (asked++ === 0 ? Promise.reject(busy) : hang(signal))),
      say(hang),
    ]);
    expect(busyThenSilent).toMatchObject({ code: "no-success", message: "given up after 1 s: the service is busy" });
    expect(silent).toMatchObject({
      code: "no-success",
      drawer: "passing",
      message: "given up after 1 s: GET /things: there is no answer",
    });
    const refused = new Failure("batch", "no", "no");
    expect(await say(() => Promise.reject(refused))).toBe(refused);
  });

  test("ends at once when somebody interrupts it", async () => {
    const interruption = new AbortController();
    const ended = retryWithin(60_000, "GET /things", () => Promise.reject(new Error("x")), policy, interruption.signal);
    interruption.abort(new Error("interrupted"));
    await expect(ended).rejects.toThrow("interrupted");
  });
});
