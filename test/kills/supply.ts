import { createHash } from "node:crypto";
import { damageKinds } from "../../src/generator/damage/kinds.ts";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import type { Random } from "../../src/generator/random.ts";
import type { DamageTruth } from "../../src/generator/truth.ts";
import type { Fault, S3Server } from "../simulators/s3/server.ts";

/** No multiple of the times for which rules are silent: whether an incident is told does not depend on seconds. */
const SPAN_MS = 7 * 3_600_000;
const START = Date.UTC(2026, 0, 5);
/** Servers, each with one VNIC that logs; the same whatever the seed. */
const VNICS = 16;
/** Damage that needs no record of 10 MiB. */
const DAMAGES = damageKinds("oci").filter((kind) => kind !== "long-line");
const ATTEMPTS_IN_VAIN = 0.03;

/** An object as it stands in the bucket at some time, and what a reader can have of it. */
export interface Version {
  readonly key: string;
  readonly etag: string;
  /** What the uids of its records begin with. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** Numbers of the records that can be delivered, ascending. */
  readonly good: readonly number[];
  /** A record that cannot be decoded, and the one from which on nothing can be read. */
  readonly bad: number | undefined;
  readonly brokenFrom: number | undefined;
}

/** An object that is to come. */
interface Planned {
  readonly real: Version;
  /** What stands under its key first, until somebody replaces it. */
  readonly decoy: Version | undefined;
  /** For so many rounds the store refuses to give it away. */
  readonly denied: number;
}

interface Made {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** Servers with their addresses, which every table of servers names. */
export interface Network {
  /** Names by address. */
  readonly servers: ReadonlyMap<string, string>;
  readonly files: Readonly<Record<string, string>>;
}

/** A bucket that fills while it is tailed. Objects come in the order of their times; some are denied for a while, broken, or replaced. */
export class Supply {
  readonly network: Network;
  /** Every version that was ever in the bucket. */
  readonly versions: Version[] = [];
  readonly #server: S3Server;
  readonly #random: Random;
  readonly #planned: Planned[];
  /** Key to the rounds that are left. */
  readonly #denied = new Map<string, number>();
  #replaceable: Planned[] = [];
  readonly #decoys = new Set<string>();
  /** Keys of objects that the store refused at least once. */
  readonly refusedKeys = new Set<string>();
  replaced = 0;

  private constructor(server: S3Server, random: Random, network: Network, planned: Planned[]) {
    this.#server = server;
    this.#random = random;
    this.network = network;
    this.#planned = planned;
    server.fault = ({ path, query }) => this.#fault(decodeURIComponent(path), query.has("list-type"));
  }

  /** So many spans of seven hours, each with incidents of its own and so many objects, and with `damage` an object for each kind of damage. */
  static async plan(server: S3Server, random: Random, seed: string, spans: number, objects: number): Promise<Supply> {
    const store = `s3://${new URL(server.endpoint).host}/flows`;
    const planned: Planned[] = [];
    let folder: string | undefined;
    let network: Network | undefined;
    for (let span = 0; span < spans; span++) {
      const common: GenerateOptions = {
        format: "oci",
        vnics: VNICS,
        flows: objects * 180,
        objects,
        start: START + span * SPAN_MS,
        spanMs: SPAN_MS,
        quality: false,
      };
      const damage = DAMAGES.filter((_, index) => index % spans === span);
      const generation = generate({ ...common, seed: `${seed} ${span}`, damage });
      const made: Made[] = await Array.fromAsync(generation);
      const decoys: Made[] = await Array.fromAsync(
        generate({ ...common, seed: `${seed} ${span} decoys`, flows: objects * 60, incidents: [] }),
      );
      const truth = generation.truth();
      const damaged = new Map(truth.damage.map((one) => [one.key, one]));
      const serious = new Set(truth.incidents.flatMap(({ records }) => records.map(({ key }) => key)));
      network ??= networkOf(generation);
      // One connector writes all of it.
      folder ??= made[0]?.key.split("/")[0];
      const keyOf = ({ key }: Made) => [folder, ...key.split("/").slice(1)].join("/");
      for (const [index, object] of made.entries()) {
        const key = keyOf(object);
        const plain = !damaged.has(object.key) && !serious.has(object.key);
        const lot = plain ? random.fraction() : 1;
        const decoy = lot < 0.12 ? decoys[index % decoys.length] : undefined;
        planned.push({
          real: versionOf(store, key, object, damaged.get(object.key)),
          decoy: decoy && versionOf(store, key, decoy, undefined),
          denied: lot >= 0.12 && lot < 0.24 ? random.between(1, 6) : 0,
        });
      }
    }
    return new Supply(server, random, network as Network, planned);
  }

  /** Whether it is the version that stood under its key first, and was replaced. */
  isReplaced({ key, etag }: Pick<Version, "key" | "etag">): boolean {
    return this.#decoys.has(`${key}\0${etag}`);
  }

  get left(): number {
    return this.#planned.length;
  }

  /** Puts so many objects into the bucket within that time, at random; the returned function puts at once what has not come by then. */
  putWithin(ms: number, count: number): () => void {
    const coming = new Set<NodeJS.Timeout>();
    for (let number = 0; number < count; number++) {
      const timer = setTimeout(
        () => {
          coming.delete(timer);
          this.#putNext();
        },
        this.#random.between(0, ms),
      );
      coming.add(timer);
    }
    return () => {
      for (const timer of coming) {
        clearTimeout(timer);
        this.#putNext();
      }
    };
  }

  #putNext(): void {
    const next = this.#planned.shift();
    if (next === undefined) return;
    if (next.denied > 0) this.#denied.set(next.real.key, next.denied);
    if (next.decoy !== undefined) {
      this.#replaceable.push(next);
      this.#decoys.add(`${next.decoy.key}\0${next.decoy.etag}`);
    }
    this.#put(next.decoy ?? next.real);
  }

  /** A round is over: replaces what the worker has come to know, and gives free what was denied for long enough. */
  settle(knows: (version: Version) => boolean): void {
    this.#replaceable = this.#replaceable.filter((planned) => {
      if (!knows(planned.decoy as Version) || this.#random.chance(0.4)) return true;
      this.replaced += 1;
      this.#put(planned.real);
      return false;
    });
    for (const [key, rounds] of this.#denied) {
      if (rounds > 1) this.#denied.set(key, rounds - 1);
      else this.#denied.delete(key);
    }
  }

  /** From now on the store is well: everything is there, nothing is denied. */
  complete(knows: (version: Version) => boolean): void {
    for (const { real } of this.#planned.splice(0)) this.#put(real);
    for (const { real, decoy } of this.#replaceable.splice(0)) {
      // What nobody came to know before it was replaced nobody can read.
      if (!knows(decoy as Version)) this.versions.splice(this.versions.indexOf(decoy as Version), 1);
      this.#put(real);
    }
    this.#denied.clear();
    this.#server.fault = () => undefined;
  }

  #put(version: Version): void {
    this.versions.push(version);
    this.#server.put(version.key, version.bytes);
  }

  #fault(path: string, isListing: boolean): Fault | undefined {
    const key = path.split("/").slice(2).join("/");
    if (this.#denied.has(key)) {
      this.refusedKeys.add(key);
      return { status: 403, code: "AccessDenied" };
    }
    if (!this.#random.chance(ATTEMPTS_IN_VAIN)) return undefined;
    const faults: Fault[] = [{ reset: true }, { status: 503, code: "SlowDown" }, { cut: isListing ? 100 : 900 }];
    return this.#random.pick(faults);
  }
}

/** The second implementation of uids: of the store, the key, the entity tag, and the record's number. */
function versionOf(store: string, key: string, { bytes, records }: Made, damage: DamageTruth | undefined): Version {
  const etag = createHash("md5").update(bytes).digest("hex");
  const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
  const { outcome, record } = damage ?? { outcome: "good", record: null };
  const left = outcome === "bad" || outcome === "skipped" ? record : null;
  const good = Array.from({ length: records }, (_, index) => index + 1).filter((number) => number !== left);
  return {
    ...{ key, etag, digest, bytes, good },
    bad: outcome === "bad" ? (record ?? undefined) : undefined,
    brokenFrom: outcome === "broken" ? (record ?? undefined) : undefined,
  };
}

function networkOf(generation: Parameters<typeof lookupFiles>[0]): Network {
  const servers = generation.world.hosts.flatMap(({ address, address6, name }) =>
    [address, address6].flatMap((each) => (each === undefined ? [] : [[each, name] as const])),
  );
  return { servers: new Map(servers), files: lookupFiles(generation) };
}
