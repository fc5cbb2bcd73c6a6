import { describe, expect, it } from "vitest";
import type { Seen, SourceEvent } from "../../../../src/contracts/source.ts";
import type { ObjectRef } from "../../../../src/contracts/store.ts";
import { every } from "../../../../src/intake/tail/every.ts";
import { later, newOf, reportLate, reportPassedOver, type Tail, wasThereBefore } from "../../../../src/intake/tail/strategy.ts";

const object = (key: string, size = 1): ObjectRef => ({ key, etag: "e", size, time: 0 });

/** What a strategy works on, where the options want everything below `logs/` but what ends with `.tmp`. */
function tail() {
  const events: SourceEvent[] = [];
  const settings = { prefix: "logs/", accepts: (key: string) => !key.endsWith(".tmp") };
  return { events, tail: { settings, onEvent: (event: SourceEvent) => events.push(event) } as unknown as Tail };
}
const keys = (events: readonly SourceEvent[]) => events.map((event) => ("key" in event ? event.key : undefined));

describe("of a page is handed out", () => {
  /** Has seen `logs/a`. */
  const seen = () => {
    const asked: string[][] = [];
    const unseen = (page: readonly ObjectRef[]) => {
      asked.push(page.map(({ key }) => key));
      return page.filter(({ key }) => key !== "logs/a");
    };
    return { asked, seen: { unseen } as unknown as Seen };
  };

  it("what is wanted, not seen, and no marker that a console leaves for an empty folder", () => {
    const known = seen();
    const page = [
      object("logs/a"),
      object("logs/b"),
      object("logs/c.tmp"),
      object("logs/folder/", 0),
      // It holds something; and what holds nothing is an object all the same.
      object("logs/named-like-a-folder/", 1),
      object("/logs/empty", 0),
    ];
    expect(newOf(tail().tail, page, known.seen).map(({ key }) => key)).toEqual([
      "logs/b",
      "logs/named-like-a-folder/",
      "/logs/empty",
    ]);
    expect(known.asked).toEqual([["logs/a", "logs/b", "logs/named-like-a-folder/", "/logs/empty"]]);
  });

  it("nothing where nothing is wanted, and nobody is asked", () => {
    const known = seen();
    expect(newOf(tail().tail, [object("logs/x.tmp")], known.seen)).toEqual([]);
    expect(known.asked).toEqual([]);
  });
});

it("the later of two times is the one that is known, or the larger", () => {
  expect([later(undefined, undefined), later(1, undefined), later(undefined, 2)]).toEqual([undefined, 1, 2]);
  expect([later(1, 2), later(2, 1), later(0, -1)]).toEqual([2, 2, 0]);
});

describe("objects that came behind the look-back", () => {
  const report = (count: number) => {
    const { events, tail: given } = tail();
    const late = reportLate(given, "logs/2026/");
    for (let index = 0; index < count; index++) late.object(object(`logs/${index}`), "here");
    late.end();
    return events;
  };

  it("are named up to a thousand in one pass, and the others counted", () => {
    expect(report(0)).toEqual([]);
    expect(report(1)).toEqual([{ kind: "late-object", key: "logs/0", message: "came late, and is read: here" }]);
    expect(report(1000)).toHaveLength(1000);
    const events = report(1003);
    expect(events).toHaveLength(1001);
    expect(events.at(-1)).toEqual({
      kind: "late-object",
      key: "logs/2026/",
      message: "3 more objects came behind the look-back, and are read",
    });
  });
});

describe("what a layout does not know", () => {
  it("is told once, where the options want it", () => {
    const { events, tail: given } = tail();
    const passedOver = reportPassedOver(given, "oci-connector");
    passedOver.folder("logs/odd/");
    passedOver.folder("other/");
    const objects = [object("logs/a"), object("logs/a.tmp"), object("logs/b/", 0), object("logs/b/", 1), object("elsewhere")];
    passedOver.objects(objects);
    passedOver.objects(objects);
    passedOver.folder("logs/odd/");
    expect(keys(events)).toEqual(["logs/odd/", "logs/a", "logs/b/"]);
    expect(events[0]).toEqual({
      kind: "passed-over",
      key: "logs/odd/",
      message: "not read: it does not belong to the layout oci-connector",
    });
  });

  it("is told of a thousand names, and no more", () => {
    const { events, tail: given } = tail();
    const passedOver = reportPassedOver(given, "flat");
    for (let index = 0; index < 1005; index++) passedOver.folder(`logs/${index}`);
    expect(events).toHaveLength(1000);
  });
});

describe("whether an object was there before a listing began", () => {
  const started = Date.parse("2026-03-01T12:00:00Z");
  const at = (time: number) => wasThereBefore({ key: "k", etag: "e", size: 1, time }, started);

  // Stores round to the second, and a second more is left for clocks that stand apart.
  it.each([
    [-86_400_000, true],
    [-2001, true],
    [-2000, true],
    [-1999, false],
    [0, false],
    [1999, false],
    [2001, false],
    [86_400_000, false],
  ])("%d ms after the listing began: %s", (ms, expected) => expect(at(started + ms)).toBe(expected));
});

describe("what is done every so often", () => {
  it("is due at once, and again when the time has passed since it was done", () => {
    const rhythm = every(1000);
    expect(rhythm.isDue(5000)).toBe(true);
    expect(rhythm.isDue(5001)).toBe(true);
    rhythm.done(5001);
    expect([5001, 6000, 6001].map((now) => rhythm.isDue(now))).toEqual([false, false, true]);
  });

  it("is due when the clock was set back, not only when it has caught up", () => {
    const rhythm = every(1000);
    rhythm.done(Date.parse("2038-01-19T03:14:07Z"));
    expect(rhythm.isDue(Date.parse("2026-03-01T12:00:00Z"))).toBe(true);
  });
});
