import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { firstOf, firstWithin, pause } from "../../../src/lib/waiting.ts";

const never = new Promise<never>(() => {});
const LONG_MS = 60_000;
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("the first of promises", () => {
  test("is whichever comes, well or badly, and leaves no listener on the signal", async () => {
    const { signal } = new AbortController();
    await firstOf([never, Promise.resolve()], signal);
    const error = new Error("broken");
    await expect(firstOf([never, Promise.reject(error)], signal)).rejects.toBe(error);
    // The listener goes right behind what it was there for.
    await Promise.resolve();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("is not awaited behind an abort", async () => {
    const controller = new AbortController();
    const waiting = firstOf([never], controller.signal);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    await waiting;
    await firstOf([never], controller.signal);
    await firstOf([], AbortSignal.abort());
  });

  test("is awaited: nothing else ends it", async () => {
    let over = false;
    const controller = new AbortController();
    const waiting = firstOf([never], controller.signal).then(() => {
      over = true;
    });
    await new Promise(setImmediate);
    expect(over).toBe(false);
    controller.abort();
    await waiting;
  });
});

describe("a pause", () => {
  test("lasts as long as it should", async () => {
    const began = performance.now();
    await pause(20, new AbortController().signal);
    // Timers count whole milliseconds.
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
  });

  test("ends with the signal, without an error", async () => {
    const controller = new AbortController();
    const pausing = pause(LONG_MS, controller.signal);
    controller.abort(new Error("enough"));
    await expect(pausing).resolves.toBeUndefined();
    await expect(pause(LONG_MS, AbortSignal.abort())).resolves.toBeUndefined();
  });

  test("that cannot be made is an error", async () => {
    await expect(pause("soon" as unknown as number, new AbortController().signal)).rejects.toThrow("delay");
  });
});

describe("the first within a time", () => {
  test("is a promise, well or badly, and leaves no timer and no listener", async () => {
    const { signal } = new AbortController();
    const before = timers();
    await firstWithin(LONG_MS, [never, Promise.resolve()], signal);
    const error = new Error("broken");
    await expect(firstWithin(LONG_MS, [Promise.reject(error)], signal)).rejects.toBe(error);
    await new Promise(setImmediate);
    expect(timers()).toBe(before);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("is the time where nothing comes, and the abort before it", async () => {
    const began = performance.now();
    await firstWithin(20, [never], new AbortController().signal);
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
    const controller = new AbortController();
    const waiting = firstWithin(LONG_MS, [never], controller.signal);
    controller.abort();
    await waiting;
  });
});
