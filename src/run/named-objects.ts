import type { Discovery, FoundObject, Seen, Source } from "../contracts/source.ts";
import { UsageError } from "../lib/errors.ts";
import type { Parts } from "./pipeline.ts";

/** Apart from what tailing knows of the bucket: no mark moves. */
const PARTITION = "*named";
/** For so long an object that was named is known, so that an event which comes twice delivers it once. */
const KNOWN_MS = 30 * 86_400_000;
/** So many objects are written into the ledger at once. */
const PAGE = 100;

/** What became of the names. */
export interface NamedOutcome {
  /** `BUCKET/KEY` of those that no listing shows, or that the options of the source leave out. */
  readonly missing: readonly string[];
  /** How many were known already. */
  readonly known: number;
}

/** The parts of a job that brings the objects of these keys, by the names of their sources, and what is not finished of earlier ones. */
export function partsFor(
  parts: Parts,
  keys: ReadonlyMap<string, ReadonlySet<string>>,
): { readonly parts: Parts; outcome(): NamedOutcome } {
  const named = parts.inlets.flatMap((inlet) => {
    const wanted = keys.get(inlet.name);
    return wanted === undefined ? [] : [{ inlet, source: new NamedObjects(inlet.name, inlet.source, wanted) }];
  });
  return {
    parts: { ...parts, inlets: named.map(({ inlet, source }) => ({ ...inlet, source })) },
    outcome: () => ({
      missing: named.flatMap(({ source }) => source.missing),
      known: named.reduce((sum, { source }) => sum + source.known, 0),
    }),
  };
}

/** Some objects of a source, each of them as a listing shows it. */
class NamedObjects implements Source {
  readonly name: string;
  readonly close: Source["close"];
  readonly open: Source["open"];
  readonly #find: NonNullable<Source["find"]>;
  /** Keys that no listing has been asked about. */
  readonly #asked: Set<string>;
  readonly #missing: string[] = [];
  #known = 0;

  /** `called`: the source in the configuration. */
  constructor(called: string, source: Source, keys: ReadonlySet<string>) {
    if (source.find === undefined) {
      throw new UsageError("source-without-lookup", `source ${called} cannot be asked for one object`);
    }
    this.#find = source.find.bind(source);
    this.#asked = new Set(keys);
    this.name = source.name;
    this.open = source.open.bind(source);
    this.close = source.close.bind(source);
  }

  get missing(): readonly string[] {
    return this.#missing;
  }

  get known(): number {
    return this.#known;
  }

  async *discover(seen: Seen, signal: AbortSignal): AsyncGenerator<Discovery> {
    while (this.#asked.size > 0) {
      const keys = [...this.#asked].slice(0, PAGE);
      const found: FoundObject[] = [];
      const missing: string[] = [];
      for (const key of keys) {
        const object = await this.#find(key, signal);
        if (object === undefined) missing.push(key);
        else found.push({ ...object, order: orderAt(Date.now()) });
      }
      const objects = seen.unseen(found);
      yield { partition: PARTITION, objects, forgetBefore: orderAt(Date.now() - KNOWN_MS) };
      // When all that was found is in the ledger.
      this.#known += found.length - objects.length;
      this.#missing.push(...missing);
      for (const key of keys) this.#asked.delete(key);
    }
  }
}

const orderAt = (ms: number) => new Date(ms).toISOString();
