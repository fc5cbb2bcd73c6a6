import { Account } from "./account.ts";
import type { Exchange } from "./exchange.ts";
import { createFormat } from "./formats/create.ts";
import type { Draft, Format, Window } from "./formats/format.ts";
import { type Incident, planIncident } from "./incidents.ts";
import { type GenerateOptions, refuse, type Settings, settle } from "./options.ts";
import { type Pace, paceOf, trafficBefore } from "./pace.ts";
import { Random } from "./random.ts";
import { Traffic } from "./traffic.ts";
import type { ObjectTruth, Truth } from "./truth.ts";
import { createWorld, type Subnet, type World } from "./world.ts";

/** Objects that may be in the compressor at once. */
const AHEAD = 4;
const DAMAGED_EXCHANGES = 30;
/** A tenth of OCI's objects hold records that are up to so many seconds late. */
const LATEST = 1_600;

export interface GeneratedObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Everything that has a number. */
  readonly records: number;
  /** When the object came into being, in ms since the epoch. */
  readonly time: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly truth: ObjectTruth;
}

/** Objects of a bucket in the order in which they come into being, and what is known of them. Iterated once. */
export interface Generation extends AsyncIterable<GeneratedObject> {
  readonly world: World;
  /** How the log names a subnet. */
  subnetId(subnet: Subnet): string;
  /** What the objects handed out so far hold; complete after the iteration. */
  truth(): Truth;
}

/** A bucket of flow logs, made up from a seed, object by object: what is in memory at once does not grow with the bucket. */
export function generate(options: GenerateOptions): Generation {
  return new Bucket(settle(options));
}

class Bucket implements Generation {
  readonly world: World;
  readonly #settings: Settings;
  readonly #format: Format;
  readonly #pace: Pace;
  readonly #incidents: readonly Incident[];
  readonly #traffic: Traffic;
  /** Flows of everyday traffic. */
  readonly #background: number;
  readonly #account: Account;
  /** An exchange whose last records go into the next object. */
  #carried: { readonly exchange: Exchange; readonly done: number } | undefined;
  #started = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { seed, start, spanMs, flows } = settings;
    this.world = createWorld(new Random(seed, "world"), settings.vnics);
    this.#incidents = settings.incidents.map((id, index) => {
      const random = new Random(seed, "incident", id);
      return planIncident(id, { random, world: this.world, start: start / 1000, span: spanMs / 1000, index });
    });
    const probe = createFormat(settings, this.world, { windows: 1, flowsPerObject: 1, extraObjects: 0 });
    const planned = this.#incidents.flatMap(({ exchanges }) => exchanges);
    const inIncidents = planned.reduce((sum, exchange) => sum + probe.encoder.count(exchange), 0);
    if (flows <= inIncidents) {
      refuse(`${flows} flows are too few: the incidents alone are ${inIncidents}; raise flows, or leave incidents out`);
    }
    this.#background = flows - inIncidents;
    this.#pace = paceOf(settings, this.#background);
    this.#format = createFormat(settings, this.world, this.#pace);
    this.#traffic = new Traffic(this.world, this.#format.cloud, settings);
    this.#account = new Account(settings, this.#incidents);
  }

  subnetId(subnet: Subnet): string {
    return this.#format.subnetId(subnet);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedObject> {
    if (this.#started) throw new Error("a generated bucket is iterated once: generate it again");
    this.#started = true;
    const ahead: Draft[] = [];
    for await (const draft of this.#drafts()) {
      ahead.push(draft);
      if (ahead.length >= AHEAD) yield await this.#complete(ahead.shift() as Draft);
    }
    for (const draft of ahead) yield await this.#complete(draft);
  }

  truth(): Truth {
    return this.#account.truth();
  }

  async *#drafts(): AsyncGenerator<Draft> {
    const { windows } = this.#pace;
    const { damage } = this.#settings;
    const due = this.#incidents.flatMap(({ exchanges }) => exchanges).sort((a, b) => a.time - b.time);
    let damaged = 0;
    for (let index = 0; index < windows; index++) {
      const window = this.#window(index);
      yield* await this.#fill(window, due);
      for (; damaged < damage.length && (damaged + 1) * windows <= (index + 1) * (damage.length + 1); damaged++) {
        yield this.#damage(damage[damaged] as string, window);
      }
    }
  }

  /** Everyday traffic up to the window's share of it, and the incidents whose time has come. */
  async #fill(window: Window, due: Exchange[]): Promise<Draft[]> {
    const { from, to, last } = window;
    const { seed, format, start } = this.#settings;
    const random = new Random(seed, "window", window.index);
    const writer = this.#format.open(window, random);
    const share = this.#share(window);
    const late = format === "oci" && window.index > 0 && share >= 20 && random.chance(0.1);
    const lateRecords = late ? random.between(1, Math.min(20, share >> 2)) : 0;
    const lateBy = Math.min(LATEST, from - start / 1000);
    const addDue = (until: number) => {
      while (due[0] !== undefined && due[0].time < until) writer.add(due.shift() as Exchange, 0, Number.POSITIVE_INFINITY);
    };
    let written = writer.begin(share >> 3);
    while (written < share) {
      const time = from + ((to - from) * written) / share;
      addDue(time);
      const at = Math.floor(written < lateRecords ? from - random.fraction() * lateBy : time);
      const { exchange, done } = this.#carried ?? { exchange: this.#traffic.draw(random, at), done: 0 };
      this.#carried = undefined;
      const count = this.#format.encoder.count(exchange);
      const room = share - written;
      const fits = count - done <= room;
      if (!fits && done === 0 && (last || format === "ibm")) continue;
      writer.add(exchange, done, done + room);
      written += Math.min(room, count - done);
      if (!fits) this.#carried = { exchange, done: done + room };
      const ready = writer.room();
      if (ready !== undefined) await ready;
    }
    addDue(last ? Number.POSITIVE_INFINITY : to);
    return writer.end();
  }

  /** Flows of everyday traffic in a window: at least one for each object of lines, the rest by the daily curve. */
  #share({ index, from, to }: Window): number {
    const { windows } = this.#pace;
    const least = this.#settings.format === "ibm" ? 0 : 1;
    const spread = this.#background - least * windows;
    const start = this.#settings.start / 1000;
    const before = (seconds: number) => {
      const begin = trafficBefore(start);
      return (trafficBefore(seconds) - begin) / (trafficBefore(start + this.#settings.spanMs / 1000) - begin);
    };
    const low = index === 0 ? 0 : Math.round(spread * before(from));
    return least + (index === windows - 1 ? spread : Math.round(spread * before(to))) - low;
  }

  #window(index: number): Window {
    const { start, spanMs } = this.#settings;
    const at = (share: number) => (start + (spanMs * share) / this.#pace.windows) / 1000;
    return { index, from: at(index), to: at(index + 1), last: index === this.#pace.windows - 1 };
  }

  #damage(kind: string, window: Window): Draft {
    const random = new Random(this.#settings.seed, "damage", kind);
    const { encoder } = this.#format;
    const exchanges: Exchange[] = [];
    while (exchanges.length < DAMAGED_EXCHANGES) {
      const exchange = this.#traffic.draw(random, Math.floor(window.from + random.fraction() * (window.to - window.from)));
      if (exchange.accepted && encoder.count(exchange) > 0 && !exchange.source.address.includes(":")) exchanges.push(exchange);
    }
    const draft = this.#format.damaged(kind, exchanges, window, random);
    this.#account.addDamage(kind, draft);
    return draft;
  }

  async #complete(draft: Draft): Promise<GeneratedObject> {
    const { key, time, truth, metadata } = draft;
    const bytes = await draft.bytes;
    this.#account.add(draft, bytes.length);
    return { key, bytes, records: truth.records, time, metadata, truth };
  }
}
