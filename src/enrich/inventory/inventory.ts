import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { CLOCK, type Clock } from "../../lib/clock.ts";
import { describeError, UsageError } from "../../lib/errors.ts";
import { plainAddress } from "../../lib/ip/text.ts";
import { look } from "../../lib/look.ts";
import { firstOf } from "../../lib/waiting.ts";
import type { NetworkEvent } from "../rules/cloud.ts";
import { Document } from "../rules/document.ts";
import { readContent } from "../tables/content.ts";
import { type FindOwner, History, historyFile } from "./history.ts";
import type { InventorySource, Listing, Owned } from "./source.ts";

/** Pauses after a listing that failed: they double from the first to the last. */
const FIRST_PAUSE_MS = 10_000;
const LAST_PAUSE_MS = 600_000;
/** So many faults of one listing are told one by one. */
const MOST_FAULTS = 20;

/** Who had which address at what time, kept up to date until it is closed. */
export interface Inventory {
  readonly find: FindOwner;
  /** Resolves when something is known of every cloud, or has been waited for long enough once. Throws the signal's reason. */
  prepare(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Reads files and kept histories, and asks for what has grown old. Throws UsageError for a file that cannot be read. */
export async function openInventory(
  sources: readonly InventorySource[],
  refreshMs: number,
  onEvent: (event: NetworkEvent) => void,
  clock: Clock = CLOCK,
): Promise<Inventory> {
  const keepers: Keeper[] = [];
  for (const source of sources) {
    const keeper = new Keeper(source, refreshMs, onEvent, clock);
    keepers.push(keeper);
    await keeper.open();
  }
  return {
    find(address, time, network) {
      const plain = address.includes(":") ? plainAddress(address) : address;
      if (plain === undefined) return undefined;
      for (const { history } of keepers) {
        const owner = history.owner(plain, time, network);
        if (owner !== undefined) return owner;
      }
      return undefined;
    },
    async prepare(signal) {
      await Promise.all(keepers.map((keeper) => keeper.first(signal)));
      signal.throwIfAborted();
    },
    async close() {
      await Promise.all(keepers.map((keeper) => keeper.close()));
    },
  };
}

/** The files' content, all together. Throws UsageError with a line for each file that is missing or is not JSON. */
async function readInventoryFiles(source: InventorySource, onFault: (line: string) => void): Promise<Owned[]> {
  const refused: string[] = [];
  const documents: Document[] = [];
  for (const path of source.files) {
    const content = await readContent(path);
    if ("problem" in content) {
      refused.push(`${path}: ${content.problem.reason}`);
      continue;
    }
    try {
      const report = ({ place, reason }: { place: string; reason: string }) =>
        onFault(`${path}: ${place === "" ? reason : `${place}: ${reason}`}; the rest is used`);
      documents.push(new Document(Buffer.from(content.bytes).toString("utf8"), report));
    } catch (error) {
      refused.push(`${path}: is not JSON: ${describeError(error)}: give what the cloud's command line prints`);
    }
  }
  if (refused.length > 0) throw new UsageError("bad-inventory", refused.join("\n"));
  return source.read(documents);
}

/** Everything that a source knows now, from its files and its API. Throws UsageError, or a Failure of the API. */
export async function listInventory(
  source: InventorySource,
  signal: AbortSignal,
  onFault: (line: string) => void,
): Promise<Listing> {
  const files = await readInventoryFiles(source, onFault);
  const listed = await source.list?.(signal, onFault);
  return { owned: [...(listed?.owned ?? []), ...files], failed: listed?.failed ?? [] };
}

class Keeper {
  history = new History();
  readonly #source: InventorySource;
  readonly #refreshMs: number;
  readonly #onEvent: (event: NetworkEvent) => void;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #known = Promise.withResolvers<void>();
  #waited = false;
  #working: Promise<void> | undefined;
  #stamps = "";
  #isBroken = false;

  constructor(source: InventorySource, refreshMs: number, onEvent: (event: NetworkEvent) => void, clock: Clock) {
    this.#source = source;
    this.#refreshMs = refreshMs;
    this.#onEvent = onEvent;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    await this.#load();
    const { files, list } = this.#source;
    if (list === undefined) {
      // What files say is there before the first flow; what is wrong with them is said at the start.
      await this.#list();
      this.#known.resolve();
    } else if (this.history.at > 0) this.#known.resolve();
    if (files.length > 0 || list !== undefined) this.#working = this.#work();
  }

  async first(signal: AbortSignal): Promise<void> {
    if (this.#waited || this.#source.waitMs === 0) return;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, this.#closing.signal, enough.signal]);
    const timer = setTimeout(() => enough.abort(), this.#source.waitMs);
    await firstOf([this.#known.promise], either);
    clearTimeout(timer);
    this.#waited = true;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    await this.#source.close();
  }

  /** Asks when the last listing has grown old, and when a file has changed. Never rejects. */
  async #work(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const now = this.#clock.now();
        const isOld = this.#source.list !== undefined && now - this.history.at >= this.#source.lifetimeMs;
        if (isOld || (await this.#filesChanged())) {
          await this.#list();
          this.#known.resolve();
          if (failures > 0) this.#onEvent({ ok: true, message: `the inventory of ${this.#source.cloud} can be had again` });
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0) {
          this.#onEvent({ ok: false, message: `${describeError(error)}; what was known of the inventory stays in use` });
        }
        failures += 1;
      }
      const pauseMs = failures === 0 ? this.#refreshMs : Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #filesChanged(): Promise<boolean> {
    const { files } = this.#source;
    if (files.length === 0) return false;
    return this.#stamps !== (await this.#look());
  }

  async #look(): Promise<string> {
    return (await Promise.all(this.#source.files.map((path) => look(path)))).map(({ stamp }) => stamp).join();
  }

  async #list(): Promise<void> {
    const stamps = await this.#look();
    const faults: string[] = [];
    const listing = await listInventory(this.#source, this.#closing.signal, (line) => faults.push(line));
    this.#stamps = stamps;
    for (const message of faults.slice(0, MOST_FAULTS)) this.#onEvent({ ok: false, message });
    if (faults.length > MOST_FAULTS) this.#onEvent({ ok: false, message: `${faults.length - MOST_FAULTS} more such faults` });
    this.history.take(listing, Math.round(this.#clock.now()), this.#source.historyMs);
    await this.#save();
  }

  async #load(): Promise<void> {
    const { cache } = this.#source;
    if (cache === undefined) return;
    const content = await readContent(cache, 256 * 1024 ** 2);
    if ("problem" in content) {
      if (!content.problem.reason.startsWith("does not exist"))
        this.#onEvent({ ok: false, message: `${cache}: ${content.problem.reason}: it is written anew` });
      return;
    }
    try {
      this.history = new History(historyFile.parse(JSON.parse(Buffer.from(content.bytes).toString("utf8"))));
    } catch (error) {
      const reason = error instanceof z.ZodError ? "is no file of this program" : describeError(error);
      this.#onEvent({ ok: false, message: `${cache}: cannot be used: ${reason}: it is written anew` });
    }
  }

  /** The file is replaced in one step, and is for this user alone. A failure is told once, and does no harm to what is known. */
  async #save(): Promise<void> {
    const { cache } = this.#source;
    if (cache === undefined) return;
    const beside = `${cache}.${randomBytes(4).toString("hex")}`;
    const { at, tenures } = this.history;
    try {
      await writeFile(beside, JSON.stringify({ format: "flowferry-inventory-1", at, tenures }), { mode: 0o600, flag: "wx" });
      await rename(beside, cache);
      this.#isBroken = false;
    } catch (error) {
      await rm(beside, { force: true });
      const message = `${cache}: cannot be written, so that who had an address before is forgotten at a restart: ${describeError(error)}`;
      if (!this.#isBroken) this.#onEvent({ ok: false, message });
      this.#isBroken = true;
    }
  }
}
