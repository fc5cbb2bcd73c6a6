import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AlertDispatch, type DispatchEvents, type DispatchOptions } from "../../../src/alerts/dispatch.ts";
import { whileTelling } from "../../../src/alerts/telling.ts";
import type { Alert, Notifier } from "../../../src/contracts/alert.ts";
import type { AlertLedger } from "../../../src/contracts/alert-ledger.ts";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { type Drawer, describeError, Failure, type FailureOptions, UsageError } from "../../../src/lib/errors.ts";
import { alertOf } from "./receiver.ts";

const HOUR_MS = 3_600_000;
const OPTIONS: DispatchOptions = {
  latenessMs: HOUR_MS,
  linksOf: () => [],
  retry: { initialMs: 1, maxMs: 4 },
  shutdownMs: 5_000,
};
const recent = (key: string): Alert => alertOf({ key, firstSeen: Date.now(), lastSeen: Date.now() });
const failure = (drawer: Drawer, text = "said no", options?: FailureOptions) =>
  new Failure(drawer, `code-${drawer}`, text, options);

let ledger: Ledger;
let log: string[];
/** Resolve when a line comes into the log. */
let watchers: { pattern: RegExp; resolve(): void }[];

beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "s" }] });
  log = [];
  watchers = [];
});
afterEach(() => ledger.close());

function write(line: string): void {
  log.push(line);
  for (const { pattern, resolve } of watchers) if (pattern.test(line)) resolve();
}

function said(pattern: RegExp): Promise<void> {
  if (log.some((line) => pattern.test(line))) return Promise.resolve();
  return new Promise((resolve) => watchers.push({ pattern, resolve }));
}

const events: DispatchEvents = {
  onWithheld: ({ key }, why) => write(`${key} ${why}`),
  onLate: (count) => write(`withheld ${count}`),
  onTold: ({ key }, notifier) => write(`${key} told ${notifier}`),
  onDoubted: ({ key }, notifier, error) => write(`${key} doubted by ${notifier}: ${describeError(error)}`),
  onRefused: ({ key }, notifier, error) => write(`${key} refused by ${notifier}: ${describeError(error)}`),
  onFailing: (notifier, failure, _, isNews) => {
    if (isNews) write(`${notifier} in trouble: ${failure.drawer}: ${describeError(failure)}`);
  },
  onHealed: (notifier, failures) => write(`${notifier} healed after ${failures}`),
  ledger: {
    onTrouble: ({ failures, error }) => write(`ledger fails ${failures}: ${describeError(error)}`),
    onRecovery: ({ failures }) => write(`ledger well after ${failures}`),
  },
  onImbalance: ({ notifier }) => write(`imbalance of ${notifier}`),
};

/** A notifier that fails as `fail` says, by the number of the call and the alert's key; else it takes the alert. */
function notifier(
  told: string[],
  fail: (call: number, key: string) => Error | undefined = () => undefined,
  paceMs = 0,
): Notifier {
  let calls = 0;
  return {
    paceMs,
    async notify({ key }) {
      calls += 1;
      const error = fail(calls, key);
      if (error !== undefined) throw error;
      told.push(key);
    },
  };
}

function dispatchTo(
  notifiers: Record<string, Notifier>,
  options: Partial<DispatchOptions> = {},
  alerts: AlertLedger = ledger.alerts,
): AlertDispatch {
  return new AlertDispatch(alerts, new Map(Object.entries(notifiers)), { ...OPTIONS, ...options }, events);
}

/** A job: raises the alerts, and ends when they are told or nobody can be told. */
async function job(notifiers: Record<string, Notifier>, keys: string[], options: Partial<DispatchOptions> = {}) {
  const dispatch = dispatchTo(notifiers, options);
  await whileTelling(dispatch, new AbortController().signal, async () => {
    for (const key of keys) dispatch.raise(recent(key));
  });
  return dispatch.close();
}

/** A tail: runs while `work` does. */
async function tail<T>(dispatch: AlertDispatch, work: (stop: AbortController) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = dispatch.run(stop.signal);
  try {
    return await work(stop);
  } finally {
    stop.abort("SIGTERM");
    await running;
  }
}

const bookOf = (name: string) => ledger.alerts.books().find((book) => book.notifier === name);
/** As if an earlier run had told somebody. */
function known(name: string): void {
  ledger.alerts.raise([{ alert: recent("earlier"), late: false }], [name]);
  ledger.alerts.settle(ledger.alerts.waiting(name, 1)[0]?.id ?? 0, name);
}

describe("alerts", () => {
  test("are told to each notifier once, in order", async () => {
    const [a, b]: [string[], string[]] = [[], []];
    const totals = await job({ a: notifier(a), b: notifier(b) }, ["1", "2", "1"]);
    expect([a, b]).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
    expect(totals).toEqual({ told: 4, waiting: 0, refused: 0, withheld: 0 });
    expect(log).toContain("1 repeated");
  });

  test("about old flows tell nobody and are counted; told of once, with their number", async () => {
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) });
    await whileTelling(dispatch, new AbortController().signal, async () => {
      dispatch.raise(alertOf({ key: "just", lastSeen: Date.now() - HOUR_MS + 60_000 }));
      for (const key of ["1", "2", "3"]) dispatch.raise(alertOf({ key, lastSeen: Date.now() - HOUR_MS - 1 }));
    });
    expect(dispatch.close()).toEqual({ told: 1, waiting: 0, refused: 0, withheld: 3 });
    expect([told, log]).toEqual([["just"], ["1 late", "2 late", "3 late", "just told a", "withheld 3"]]);
    expect(bookOf("a")).toMatchObject({ raised: 4, told: 1, late: 3, repeated: 0 });
  });

  test("that are late are written a hundred at once, or with one that is not, or by a flush", () => {
    const dispatch = dispatchTo({ a: notifier([]) });
    const raiseLate = (count: number) => {
      for (let index = 0; index < count; index += 1) dispatch.raise(alertOf({ key: `${index}`, lastSeen: 0 }));
    };
    raiseLate(99);
    expect(bookOf("a")).toBeUndefined();
    raiseLate(1);
    expect(bookOf("a")).toMatchObject({ raised: 100, late: 100 });
    raiseLate(1);
    dispatch.raise(recent("new"));
    expect(bookOf("a")).toMatchObject({ raised: 102, late: 101, waiting: 1 });
    raiseLate(1);
    dispatch.flush();
    raiseLate(1);
    expect(dispatch.close()).toEqual({ told: 0, waiting: 1, refused: 0, withheld: 103 });
    expect(bookOf("a")).toMatchObject({ raised: 104, late: 103 });
  });

  test("that are late are told of while the worker goes on, when no further ones come", async () => {
    const dispatch = dispatchTo({ a: notifier([]) }, { upkeepMs: 5 });
    await tail(dispatch, async () => {
      for (const key of ["1", "2"]) dispatch.raise(alertOf({ key, lastSeen: 0 }));
      await said(/^withheld 2$/);
      dispatch.raise(alertOf({ key: "3", lastSeen: 0 }));
    });
    expect(dispatch.close().withheld).toBe(3);
    expect(log.filter((line) => line.startsWith("withheld"))).toEqual(["withheld 2", "withheld 1"]);
  });

  test("withhold nothing from nobody", async () => {
    expect(await job({}, ["1"])).toEqual({ told: 0, waiting: 0, refused: 0, withheld: 0 });
    const dispatch = dispatchTo({});
    dispatch.raise(alertOf({ key: "old", lastSeen: 0 }));
    expect([dispatch.close().withheld, ledger.alerts.books()]).toEqual([0, []]);
  });

  /** The ledger as the dispatch sees it so many days after its keys were queued. */
  const aged = (days: number): AlertLedger => ({
    ...ledger.alerts,
    forget: (before) => {
      ledger.alerts.forget(before + days * 24 * HOUR_MS);
      write("forgot");
    },
  });

  test("that were told are not told again by a restart, as long as their flows are not too old", async () => {
    const told: string[] = [];
    const latenessMs = 400 * 24 * HOUR_MS;
    await job({ a: notifier(told) }, ["1"], { latenessMs });
    const dispatch = dispatchTo({ a: notifier(told) }, { latenessMs }, aged(399));
    await tail(dispatch, async () => {
      await said(/^forgot$/);
      dispatch.raise(recent("1"));
    });
    expect([told, log.at(-1)]).toEqual([["1"], "1 repeated"]);
  });

  test("are forgotten while the worker runs, 30 days after they were told", async () => {
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) }, { upkeepMs: 2 }, aged(31));
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await said(/^1 told a$/);
      log.length = 0;
      await said(/^forgot$/);
      dispatch.raise(recent("1"));
      await said(/^1 told a$/);
    });
    expect(told).toEqual(["1", "1"]);
  });

  test("keep the pace that the receiver wants, also after it failed", async () => {
    const times: number[] = [];
    const slow: Notifier = {
      paceMs: 60,
      async notify() {
        times.push(Date.now());
        if (times.length === 2) throw failure("passing");
      },
    };
    await job({ slow }, ["1", "2", "3"]);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(59);
  });
});

describe("a receiver that fails", () => {
  test("loses nothing, and does not hold up the other; its trouble is told once and its end", async () => {
    const [slow, fast]: [string[], string[]] = [[], []];
    const failing = notifier(slow, (call) => (call < 6 ? failure("passing") : undefined));
    expect(await job({ failing, fine: notifier(fast) }, ["1", "2"])).toMatchObject({ told: 4, waiting: 0 });
    expect([slow, fast]).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
    const own = log.filter((line) => line.includes("failing"));
    expect(own).toEqual(["failing in trouble: passing: said no", "failing healed after 5", "1 told failing", "2 told failing"]);
  });

  test.each<[Drawer, string]>([
    ["person", "person: said no"],
    ["not-understood", "not-understood: said no"],
  ])("with %s waits and goes on by itself; nothing is refused", async (drawer, line) => {
    const told: string[] = [];
    const failing = notifier(told, (call) => (call < 8 ? failure(drawer) : undefined));
    expect(await job({ failing }, ["1", "2"])).toEqual({ told: 2, waiting: 0, refused: 0, withheld: 0 });
    expect(log.filter((entry) => entry.includes("trouble"))).toEqual([`failing in trouble: ${line}`]);
  });

  test("tells of each kind of trouble once until it is over, and again afterwards", async () => {
    const drawers: (Drawer | undefined)[] = ["person", "passing", "person", "passing", undefined, "passing"];
    const failing = notifier([], (call) => {
      const drawer = drawers[call - 1];
      return drawer === undefined ? undefined : failure(drawer);
    });
    await job({ failing }, ["1", "2"]);
    expect(log.filter((line) => /trouble|healed/.test(line)).map((line) => line.split(":")[1]?.trim() ?? line)).toEqual([
      "person",
      "passing",
      "failing healed after 4",
      "passing",
      "failing healed after 1",
    ]);
  });

  test("in passing in several ways is told of once; a person is told of each thing that is to be put right", async () => {
    const codes = ["x", "y", "x"];
    for (const drawer of ["passing", "person"] as const) {
      log.length = 0;
      const failing = notifier([], (call) =>
        call <= codes.length ? new Failure(drawer, `${codes[call - 1]}`, `${codes[call - 1]}`) : undefined,
      );
      await job({ failing }, [drawer]);
      const told = log.filter((line) => line.includes("trouble"));
      const all = ["failing in trouble: person: x", "failing in trouble: person: y"];
      expect(told).toEqual(drawer === "person" ? all : ["failing in trouble: passing: x"]);
    }
  });

  test("by an error that nobody sorted, or by what is configured, is waited for as well", async () => {
    const told: string[] = [];
    const errors = [new TypeError("broken"), new UsageError("no-key", "the key file is gone")];
    expect(await job({ a: notifier(told, (call) => errors[call - 1]) }, ["1"])).toMatchObject({ told: 1 });
    expect(log.slice(0, 2)).toEqual(["a in trouble: not-understood: broken", "a in trouble: person: the key file is gone"]);
  });

  test("is asked no sooner than Retry-After says, whatever comes in between", async () => {
    const times: number[] = [];
    const busy: Notifier = {
      paceMs: 0,
      async notify() {
        times.push(Date.now());
        if (times.length === 1) throw failure("passing", "busy", { retryAfterMs: 150 });
      },
    };
    const dispatch = dispatchTo({ busy });
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await said(/busy in trouble/);
      dispatch.raise(recent("2"));
      await said(/2 told busy/);
    });
    expect(times).toHaveLength(3);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(149);
  });
});

describe("a job", () => {
  test("waits as long as there is progress, however slow it is", async () => {
    const told: string[] = [];
    const slow: Notifier = {
      paceMs: 30,
      async notify({ key }) {
        told.push(key);
      },
    };
    expect(await job({ slow }, ["1", "2", "3", "4", "5", "6"], { shutdownMs: 50 })).toMatchObject({ told: 6, waiting: 0 });
  });

  test("waits while every other attempt fails, since that is progress", async () => {
    const told: string[] = [];
    const flapping = notifier(told, (call) => (call % 2 === 1 ? failure("passing", "busy", { retryAfterMs: 30 }) : undefined));
    expect(await job({ flapping }, ["1", "2", "3", "4", "5"], { shutdownMs: 100 })).toMatchObject({ told: 5, waiting: 0 });
  });

  test("ends without progress, and says how many wait; the next start tells them, once", async () => {
    const [before, after]: [string[], string[]] = [[], []];
    const fails = (call: number) => (call > 1 ? failure("passing") : undefined);
    const started = Date.now();
    const totals = await job({ a: notifier(before, fails) }, ["1", "2", "3"], { shutdownMs: 100 });
    expect(Date.now() - started).toBeGreaterThanOrEqual(100);
    expect([totals, before]).toEqual([{ told: 1, waiting: 2, refused: 0, withheld: 0 }, ["1"]]);
    expect(bookOf("a")).toMatchObject({ raised: 3, told: 1, waiting: 2 });
    const next = await job({ a: notifier(after) }, ["1"]);
    expect([next, after]).toEqual([{ told: 2, waiting: 0, refused: 0, withheld: 0 }, ["2", "3"]]);
  });

  test("is not held up by a receiver that asks for an hour", async () => {
    const busy = notifier([], () => failure("passing", "busy", { retryAfterMs: HOUR_MS }));
    expect(await job({ busy }, ["1"], { shutdownMs: 50 })).toMatchObject({ told: 0, waiting: 1 });
  });

  test("that has nobody to tell ends at once", async () => {
    const down = notifier([], () => failure("passing"));
    await job({ down }, [], { shutdownMs: HOUR_MS });
    expect(log).toEqual([]);
  });

  test("counts only what waits for notifiers that it has", async () => {
    await job({ a: notifier([], () => failure("person")) }, ["1", "2"], { shutdownMs: 10 });
    expect(await job({ b: notifier([]) }, ["3"])).toMatchObject({ told: 1, waiting: 0 });
    expect(bookOf("a")).toMatchObject({ waiting: 2 });
  });

  test("that is interrupted does not wait", async () => {
    const stop = new AbortController();
    const dispatch = dispatchTo({ a: notifier([], () => failure("passing")) }, { shutdownMs: HOUR_MS });
    const ended = whileTelling(dispatch, stop.signal, async () => dispatch.raise(recent("1")));
    await said(/trouble/);
    stop.abort("SIGINT");
    await ended;
    expect(dispatch.close()).toMatchObject({ told: 0, waiting: 1 });
  });

  test("that fails passes its error on, and lets the message in flight end", async () => {
    const { dispatch, told, arrived, answer } = inFlight();
    const failed = whileTelling(dispatch, new AbortController().signal, async () => {
      dispatch.raise(recent("1"));
      await arrived;
      setImmediate(answer);
      throw new Error("the bucket is gone");
    });
    await expect(failed).rejects.toThrow("the bucket is gone");
    expect([told, bookOf("a")]).toMatchObject([["1"], { told: 1, waiting: 0 }]);
  });
});

/** A dispatch to a notifier that answers when it is told to, or breaks off when its signal aborts. */
function inFlight(options: Partial<DispatchOptions> = {}, alerts: AlertLedger = ledger.alerts) {
  const told: string[] = [];
  const [begun, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held: Notifier = {
    paceMs: 0,
    notify({ key }, _, signal) {
      begun.resolve();
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        answered.promise.then(() => {
          told.push(key);
          resolve();
        });
      });
    },
  };
  return { dispatch: dispatchTo({ a: held }, options, alerts), told, arrived: begun.promise, answer: answered.resolve };
}

describe("an end", () => {
  test("lets the message in flight be taken, and begins no other", async () => {
    const { dispatch, told, arrived, answer } = inFlight();
    await tail(dispatch, async (stop) => {
      for (const key of ["1", "2"]) dispatch.raise(recent(key));
      await arrived;
      stop.abort();
      setImmediate(answer);
    });
    expect(told).toEqual(["1"]);
    expect(bookOf("a")).toMatchObject({ told: 1, waiting: 1 });
  });

  test("does not wait longer than it may; the alert waits, and comes again", async () => {
    const { dispatch, told, arrived } = inFlight({ shutdownMs: 50 });
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await arrived;
    });
    expect([told, bookOf("a")]).toMatchObject([[], { told: 0, waiting: 1 }]);
    expect(log.filter((line) => /trouble|refused/.test(line))).toEqual([]);
    const after: string[] = [];
    await job({ a: notifier(after) }, []);
    expect(after).toEqual(["1"]);
  });

  test("in a pause between attempts comes at once", async () => {
    const dispatch = dispatchTo({ a: notifier([], () => failure("passing", "busy", { retryAfterMs: HOUR_MS })) });
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await said(/trouble/);
    });
    expect(bookOf("a")).toMatchObject({ waiting: 1 });
  });

  test("before the beginning tells nobody", async () => {
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) });
    dispatch.raise(recent("1"));
    await dispatch.run(AbortSignal.abort());
    expect([told, bookOf("a")]).toMatchObject([[], { waiting: 1 }]);
  });
});

describe("an alert that is refused", () => {
  const refusing = (told: string[], bad: readonly string[], calls: string[] = []) =>
    notifier(told, (_, key) => {
      calls.push(key);
      return bad.includes(key) ? failure("batch", `no ${key}`) : undefined;
    });

  test("is kept when the receiver takes others; the others go on, and it is asked for no more", async () => {
    const [told, calls]: [string[], string[]] = [[], []];
    expect(await job({ a: refusing(told, ["1"], calls) }, ["1", "2", "3"])).toEqual({
      told: 2,
      waiting: 0,
      refused: 1,
      withheld: 0,
    });
    expect([told, calls]).toEqual([
      ["2", "3"],
      ["1", "2", "1", "3"],
    ]);
    expect(log).toContain("1 refused by a: no 1");
    expect(ledger.alerts.refused("a", 10)).toMatchObject([{ alert: { key: "1" }, code: "code-batch", reason: "no 1" }]);
    expect(await job({ a: refusing(told, ["1"], calls) }, ["1"])).toMatchObject({ told: 0, refused: 0 });
    expect(calls).toHaveLength(4);
  });

  test("alone is kept after some attempts, if the receiver has taken others", async () => {
    known("a");
    const calls: string[] = [];
    expect(await job({ a: refusing([], ["1"], calls) }, ["1"])).toMatchObject({ told: 0, waiting: 0, refused: 1 });
    expect(calls).toEqual(["1", "1", "1"]);
    expect(log).toEqual(["1 doubted by a: no 1", "1 refused by a: no 1"]);
  });

  test("waits while the receiver has never taken anything: a person is told", async () => {
    const down = refusing([], ["1"]);
    expect(await job({ down }, ["1"], { shutdownMs: 50 })).toEqual({ told: 0, waiting: 1, refused: 0, withheld: 0 });
    expect(log).toEqual(["down in trouble: person: it has not taken any alert so far: no 1"]);
  });

  test("waits while the receiver refuses everything, and is told when that is over; then what is bad is refused", async () => {
    known("a");
    const keys = Array.from({ length: 8 }, (_, index) => `${index + 1}`);
    let repaired = false;
    const [told, calls]: [string[], string[]] = [[], []];
    const brittle = notifier(told, (_, key) => {
      calls.push(key);
      return repaired && key !== "2" ? undefined : failure("batch", "no");
    });
    const dispatch = dispatchTo({ a: brittle });
    await whileTelling(dispatch, new AbortController().signal, async () => {
      for (const key of keys) dispatch.raise(recent(key));
      await said(/a in trouble: person: it refuses every alert: no/);
      while (calls.length < 20) await new Promise((resolve) => setImmediate(resolve));
      expect([bookOf("a"), told]).toMatchObject([{ refused: 0, waiting: 8 }, []]);
      repaired = true;
    });
    expect(dispatch.close()).toEqual({ told: 7, waiting: 0, refused: 1, withheld: 0 });
    expect([...told].sort()).toEqual(keys.filter((key) => key !== "2"));
    expect(log.filter((line) => /trouble|healed/.test(line))).toEqual([
      "a in trouble: person: it refuses every alert: no",
      expect.stringMatching(/^a healed after \d+$/),
    ]);
    expect(new Set(calls.slice(0, 8))).toEqual(new Set(keys));
  });

  test("after several that were refused alone is the receiver's fault, also after a restart", async () => {
    known("a");
    for (const key of ["1", "2"]) await job({ a: refusing([], [key]) }, [key]);
    expect(bookOf("a")).toMatchObject({ refused: 2 });
    expect(await job({ a: refusing([], ["3"]) }, ["3"], { shutdownMs: 50 })).toMatchObject({ waiting: 1, refused: 0 });
    expect(log.at(-1)).toBe("a in trouble: person: it refuses every alert: no 3");
  });

  test("is tried again when the receiver is overloaded in between, after the pause", async () => {
    const told: string[] = [];
    const answers = ["batch", undefined, "passing", "passing", "batch"] as const;
    const times: number[] = [];
    const busy = notifier(told, (call) => {
      times.push(Date.now());
      const drawer = answers[call - 1];
      return drawer === undefined ? undefined : failure(drawer, "no", { retryAfterMs: drawer === "passing" ? 40 : undefined });
    });
    expect(await job({ busy }, ["1", "2"])).toMatchObject({ told: 1, refused: 1 });
    expect([told, times.length]).toEqual([["2"], 5]);
    expect((times[4] ?? 0) - (times[2] ?? 0)).toBeGreaterThanOrEqual(79);
  });

  test("is tried at once when another one comes while it rests", async () => {
    known("a");
    const [told, calls]: [string[], string[]] = [[], []];
    const dispatch = dispatchTo({ a: refusing(told, ["1"], calls) }, { retry: { initialMs: HOUR_MS, maxMs: HOUR_MS } });
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await said(/1 doubted/);
      dispatch.raise(recent("2"));
      await said(/1 refused/);
    });
    expect([told, calls]).toEqual([["2"], ["1", "2", "1"]]);
  });

  test("by this program itself is kept at once, and says nothing of the receiver", async () => {
    const told: string[] = [];
    const large = notifier(told, (_, key) => (key === "1" ? failure("batch", "too large", { certain: true }) : undefined));
    expect(await job({ large }, ["1"])).toMatchObject({ told: 0, refused: 1 });
    expect(log).toEqual(["1 refused by large: too large"]);
  });

  test("by this program itself is no sign that the receiver is well", async () => {
    const told: string[] = [];
    const answers = [failure("passing"), failure("batch", "too large", { certain: true }), failure("passing"), undefined];
    expect(await job({ a: notifier(told, (call) => answers[call - 1]) }, ["1", "2"])).toMatchObject({ told: 1, refused: 1 });
    expect(log).toEqual(["a in trouble: passing: said no", "1 refused by a: too large", "a healed after 2", "2 told a"]);
  });

  test("by this program itself after the receiver's refusal is out of doubt: others go on", async () => {
    known("a");
    const told: string[] = [];
    const answers = [failure("batch"), undefined, failure("batch", "too large", { certain: true })];
    expect(await job({ a: notifier(told, (call) => answers[call - 1]) }, ["1", "2", "3"])).toMatchObject({
      told: 2,
      waiting: 0,
      refused: 1,
    });
    expect(told).toEqual(["2", "3"]);
    expect(log).toContain("1 refused by a: too large");
  });

  test("and believed shows that the receiver is well", async () => {
    known("a");
    const answers = [failure("passing"), failure("batch"), failure("batch"), failure("batch")];
    expect(await job({ a: notifier([], (call) => answers[call - 1]) }, ["1"])).toMatchObject({ refused: 1 });
    expect(log).toEqual([
      "a in trouble: passing: said no",
      "1 doubted by a: said no",
      "1 refused by a: said no",
      "a healed after 3",
    ]);
  });

  test("may be queued again and is told then", async () => {
    await job({ a: refusing([], ["1"]) }, ["1", "2"]);
    expect(ledger.alerts.requeue("a")).toBe(1);
    const told: string[] = [];
    expect(await job({ a: notifier(told) }, [])).toEqual({ told: 1, waiting: 0, refused: 0, withheld: 0 });
    expect([told, bookOf("a")]).toMatchObject([["1"], { raised: 2, told: 2, refused: 0 }]);
  });
});

describe("a ledger without room", () => {
  /** The ledger, of which the methods named fail as on a full disk until there is room again. */
  function full(...methods: (keyof AlertLedger)[]) {
    let [has, failures] = [false, 0];
    const broken = Object.fromEntries(
      methods.map((name) => [
        name,
        (...values: never[]) => {
          if (has) return (ledger.alerts[name] as (...all: never[]) => unknown)(...values);
          failures += 1;
          write(`failed ${failures}`);
          throw new Failure("worker", "ledger-full", "ledger x: disk full");
        },
      ]),
    );
    return {
      alerts: { ...ledger.alerts, ...broken } as AlertLedger,
      makeRoom: () => {
        has = true;
      },
    };
  }

  test("keeps what is raised in memory until there is room, and a flush then brings it in", async () => {
    const { alerts, makeRoom } = full("raise");
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) }, {}, alerts);
    await tail(dispatch, async () => {
      for (const key of ["1", "2"]) dispatch.raise(recent(key));
      expect(() => dispatch.flush()).toThrow("disk full");
      expect(ledger.alerts.books()).toEqual([]);
      makeRoom();
      dispatch.flush();
      await said(/2 told a/);
    });
    expect([told, bookOf("a")]).toMatchObject([["1", "2"], { raised: 2, told: 2 }]);
  });

  test("leaves at the end as many messages waiting as there are notifiers to be told, and none for a late alert", () => {
    const { alerts } = full("raise");
    const dispatch = dispatchTo({ a: notifier([]), b: notifier([]) }, {}, alerts);
    for (const key of ["1", "2", "3"]) dispatch.raise(recent(key));
    dispatch.raise(alertOf({ key: "4", lastSeen: Date.now() - 9 * HOUR_MS }));
    expect(dispatch.close()).toMatchObject({ told: 0, waiting: 6, refused: 0 });
  });

  test("takes what was raised with the next alert, in its order", () => {
    const { alerts, makeRoom } = full("raise");
    const dispatch = dispatchTo({ a: notifier([]) }, {}, alerts);
    dispatch.raise(recent("1"));
    makeRoom();
    dispatch.raise(recent("2"));
    expect(ledger.alerts.waiting("a", 10).map(({ alert }) => alert.key)).toEqual(["1", "2"]);
  });

  test("is waited for by a job, which then tells", async () => {
    const { alerts, makeRoom } = full("raise");
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) }, {}, alerts);
    const ended = whileTelling(dispatch, new AbortController().signal, async () => dispatch.raise(recent("1")));
    await said(/^ledger fails 4: ledger x: disk full$/);
    makeRoom();
    await ended;
    expect(told).toEqual(["1"]);
    expect(log.filter((line) => line.startsWith("ledger well"))).toHaveLength(1);
  });

  test("decides what is late by when it was raised", async () => {
    const { alerts, makeRoom } = full("raise");
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) }, { latenessMs: 40 }, alerts);
    dispatch.raise(recent("1"));
    const { lastSeen } = recent("2");
    while (Date.now() - lastSeen <= 40) await new Promise((resolve) => setImmediate(resolve));
    makeRoom();
    dispatch.flush();
    expect(ledger.alerts.waiting("a", 10)).toHaveLength(1);
  });

  test("does not keep a run from ending", () => {
    const { alerts } = full("raise");
    const dispatch = dispatchTo({ a: notifier([]) }, {}, alerts);
    dispatch.raise(recent("1"));
    expect(dispatch.close()).toEqual({ told: 0, waiting: 1, refused: 0, withheld: 0 });
  });

  test("is not needed when there is nothing to be noted", () => {
    const { alerts } = full("raise");
    dispatchTo({ a: notifier([]) }, {}, alerts).flush();
    expect(log).toEqual([]);
  });

  test.each(["settle", "refuse"] as const)(
    "does not repeat to the receiver what only the ledger does not know (%s)",
    async (method) => {
      known("a");
      const { alerts, makeRoom } = full(method);
      const calls: string[] = [];
      const one = notifier([], (_, key) => {
        calls.push(key);
        return method === "refuse" ? failure("batch", "no", { certain: true }) : undefined;
      });
      const dispatch = dispatchTo({ one }, {}, alerts);
      const ended = whileTelling(dispatch, new AbortController().signal, async () => dispatch.raise(recent("1")));
      await said(/^failed 4$/);
      makeRoom();
      await ended;
      expect(calls).toEqual(["1"]);
      expect(bookOf("one")).toMatchObject(method === "settle" ? { told: 1, waiting: 0 } : { refused: 1, waiting: 0 });
      expect(log.filter((line) => line.startsWith("ledger"))).toEqual([
        ...[1, 2, 3, 4].map((failures) => `ledger fails ${failures}: ledger x: disk full`),
        "ledger well after 4",
      ]);
    },
  );

  test("until the end of an end: the alert waits, and comes again", async () => {
    const { alerts } = full("settle");
    const told: string[] = [];
    const dispatch = dispatchTo({ a: notifier(told) }, { shutdownMs: 30 }, alerts);
    await tail(dispatch, async () => {
      dispatch.raise(recent("1"));
      await said(/^failed 2$/);
    });
    expect([told, bookOf("a")]).toMatchObject([["1"], { told: 0, waiting: 1 }]);
  });

  test("that fails for what does not heal ends the work, with its error", async () => {
    const broken = {
      ...ledger.alerts,
      settle: () => {
        throw new Error("database disk image is malformed");
      },
    };
    const dispatch = dispatchTo({ a: notifier([]), b: notifier([], () => failure("passing")) }, {}, broken);
    const failed = whileTelling(dispatch, new AbortController().signal, async (stop) => {
      dispatch.raise(recent("1"));
      await new Promise((resolve) => stop.addEventListener("abort", resolve));
    });
    await expect(failed).rejects.toThrow("database disk image is malformed");
    expect(() =>
      dispatchTo(
        {},
        {},
        {
          ...broken,
          raise: () => {
            throw new Error("database disk image is malformed");
          },
        },
      ).raise(recent("2")),
    ).toThrow("malformed");
  });
});

test("books that do not balance are named, at the start and at the end", async () => {
  const alerts = { ...ledger.alerts, books: () => ledger.alerts.books().map((book) => ({ ...book, raised: book.raised + 1 })) };
  known("a");
  const dispatch = dispatchTo({ a: notifier([]) }, {}, alerts);
  await tail(dispatch, async () => {
    await said(/imbalance of a/);
    log.length = 0;
  });
  dispatch.close();
  expect(log).toEqual(["imbalance of a"]);
});
