import fc from "fast-check";
import { expect, it } from "vitest";
import { runs } from "../../../runs.ts";
import { type Bucket, bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { DAY, HOUR, stamp, tailOf } from "./passes.ts";

const LOOK_BACK = 2 * HOUR;

/** What happens to a bucket. Numbers are drawn from 0 to 1 and mean what the writer makes of them. */
type Event =
  | { kind: "put"; partition: number; age: Age; draw: number }
  | { kind: "replace" | "remove"; draw: number }
  | { kind: "wait"; ms: number };

/** Where an object comes in its partition: ahead of the newest, within the look-back, or days behind it. */
type Age = "new" | "recent" | "late";

interface Writer {
  put(partition: number, age: Age, draw: number): void;
  replace(key: string): void;
}

type World = { store: Bucket; clock: { now: number } };

/** Names that say a time in steps of `stepMs`. */
function timedWriter(
  { store, clock }: World,
  stepMs: number,
  keyOf: (partition: number, time: number, count: number) => string,
): Writer {
  const heads = new Map<number, number>();
  const times = new Map<string, { partition: number; time: number }>();
  const floor = (ms: number) => ms - (ms % stepMs);
  const headOf = (partition: number) => heads.get(partition) ?? floor(clock.now - DAY);
  const write = (key: string) => {
    const { partition, time } = times.get(key) as { partition: number; time: number };
    // A name ahead of the clock counts as of the time at which it was stored.
    heads.set(partition, Math.max(headOf(partition), Math.min(time, floor(clock.now))));
    store.put(key, clock.now);
  };
  return {
    put(partition, age, draw) {
      const head = headOf(partition);
      const time = floor(
        {
          new: draw < 0.05 ? clock.now + 400 * DAY : head + draw * (clock.now - head),
          recent: head - draw * LOOK_BACK,
          late: head - LOOK_BACK - draw * 5 * DAY,
        }[age],
      );
      const key = keyOf(partition, time, times.size);
      times.set(key, { partition, time });
      write(key);
    },
    replace: write,
  };
}

const WRITERS: Record<string, { options: Record<string, unknown>; open: (world: World) => Writer }> = {
  "oci-connector": {
    options: { layout: "oci-connector" },
    open: (world) =>
      timedWriter(
        world,
        1000,
        (partition, time, count) => `ocid1.serviceconnector.oc1.phx.${partition}/${stamp(time)}_${stamp(time)}.${count}.log.gz`,
      ),
  },
  "ibm-vpc": {
    options: { layout: "ibm-vpc" },
    open: (world) =>
      timedWriter(
        world,
        HOUR,
        (partition, time, count) =>
          `${ibmFolder(partition)}${ibmHour(time)}stream-id=${stamp(time)}/${String(count).padStart(8, "0")}.gz`,
      ),
  },
  flat: {
    options: { layout: "flat" },
    open: ({ store, clock }) => ({
      put(partition, age, draw) {
        const behind = { new: 0, recent: draw * LOOK_BACK, late: LOOK_BACK + draw * 50 * DAY }[age];
        store.put(`${partition}/${Math.floor(draw * 1e6).toString(36)}`, clock.now - Math.floor(behind));
      },
      replace: (key) => store.put(key, clock.now),
    }),
  },
  "flat, time-ordered": {
    options: { layout: "flat", keys: "time-ordered" },
    open: ({ store, clock }) => {
      const firstStored = new Map<number, number>();
      const lowest = () =>
        Math.max(0, ...[...firstStored].filter(([, time]) => time < clock.now - LOOK_BACK).map(([number]) => number));
      const write = (number: number) => {
        firstStored.set(number, firstStored.get(number) ?? clock.now);
        store.put(String(number).padStart(9, "0"), clock.now);
      };
      return {
        put(_, age, draw) {
          const highest = Math.max(0, ...firstStored.keys());
          const bound = lowest();
          write(
            {
              new: highest + 1 + Math.floor(draw * 5),
              recent: bound + 1 + Math.floor(draw * (highest - bound)),
              late: Math.floor(draw * bound),
            }[age],
          );
        },
        replace: (key) => write(Number(key)),
      };
    },
  },
  auto: {
    options: {},
    open: (world) => {
      const writers = ["oci-connector", "ibm-vpc", "flat"].map((name) => (WRITERS[name] as (typeof WRITERS)[string]).open(world));
      const flat = (key: string) => /^\d\//.test(key);
      return {
        put: (partition, age, draw) => writers[partition]?.put(partition, age, draw),
        replace: (key) => writers[flat(key) ? 2 : key.startsWith("ibm") ? 1 : 0]?.replace(key),
      };
    },
  },
};

const ibmFolder = (partition: number) =>
  `ibm_vpc_flowlogs_v1/account=1/vpc-id=crn:a/1::v/subnet-id=s/instance-id=i/vnic-id=n${partition}/record-type=all/`;
function ibmHour(time: number): string {
  const [year, month, day, hour] = new Date(time).toISOString().split(/[-T:]/);
  return `year=${year}/month=${month}/day=${day}/hour=${hour}/`;
}

const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      partition: fc.nat(2),
      age: fc.constantFrom("new" as const, "recent" as const, "late" as const),
      draw: unit,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("replace" as const, "remove" as const), draw: unit }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.oneof(fc.nat(600_000), fc.nat(HOUR), fc.nat(30 * HOUR)) }),
  },
);
/** What somebody tells of the bucket: an object that is there, some key below it, its folder, or what never was. Most objects nobody tells of. */
const hint = fc.record({
  of: fc.constantFrom("key" as const, "beyond" as const, "folder" as const, "forged" as const),
  draw: unit,
});
/**
 * Events before a pass, and looks at what hints name; the pass; and events after each of its pages. A pass that dies takes in `dies` pages, and a
 * look as many.
 */
type Hint = typeof hint extends fc.Arbitrary<infer T> ? T : never;
const turn = fc.record({
  before: fc.array(event, { maxLength: 12 }),
  hints: fc.array(hint, { maxLength: 4 }),
  between: fc.array(fc.array(event, { maxLength: 2 }), { maxLength: 6 }),
  dies: fc.option(fc.nat(4), { nil: undefined }),
  restarts: fc.boolean(),
});

it.each(Object.keys(WRITERS))(
  "%s: every version is discovered exactly once, whatever comes when, whatever hints say and wherever it dies",
  async (name) => {
    const { options, open } = WRITERS[name] as (typeof WRITERS)[string];
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (turns, pageSize) => {
        const world: World = { store: bucket(pageSize), clock: { now: Date.parse("2026-03-01T12:00:00Z") } };
        const { store, clock } = world;
        const writer = open(world);
        const ledger = new StrictLedger();
        const signal = new AbortController().signal;
        let { source } = tailOf(store, options, clock);

        const happen = (happening: Event) => {
          clock.now += 3;
          if (happening.kind === "wait") clock.now += happening.ms;
          else if (happening.kind === "put") writer.put(happening.partition, happening.age, happening.draw);
          else {
            const keys = [...store.objects.keys()];
            const key = keys[Math.floor(happening.draw * keys.length)];
            if (key === undefined) return;
            if (happening.kind === "remove") store.remove(key);
            else writer.replace(key);
          }
        };
        const keyOf = ({ of, draw }: Hint) => {
          const keys = [...store.objects.keys()];
          const key = keys[Math.floor(draw * keys.length)] ?? "nothing/is/there";
          const folder = key.slice(0, key.lastIndexOf("/") + 1);
          return { key, beyond: `${key}x`, folder, forged: `${folder}${draw}/never` }[of];
        };
        const runPass = async (between: Event[][], dies: number | undefined, within?: string) => {
          let pages = 0;
          for await (const discovery of source.discover(ledger, signal, within)) {
            if (pages === dies) return;
            ledger.apply(discovery);
            between[pages]?.forEach(happen);
            pages += 1;
          }
        };

        for (const { before, hints, between, dies, restarts } of turns) {
          before.forEach(happen);
          for (const told of hints) await runPass(between, dies, keyOf(told));
          await runPass(between, dies);
          if (restarts || dies !== undefined) source = tailOf(store, options, clock).source;
        }
        // What came late is found by the next sweep for it, at the latest.
        for (const ms of [600_000, 7 * HOUR]) {
          clock.now += ms;
          await runPass([], undefined);
        }
        for (const { key, etag } of store.objects.values())
          expect(ledger.discovered.get(`${key} ${etag}`), `${key} ${etag}`).toBe(1);
        expect([...ledger.discovered.values()].filter((times) => times !== 1)).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  },
);
