import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Keeper } from "../contracts/keeper.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import { firstOf } from "../lib/waiting.ts";
import { linePrinter } from "../schemas/line.ts";
import { loadSchema } from "../schemas/load.ts";
import { objectNameOf } from "./object-name.ts";
import type { UploadEvents, Uploads } from "./uploads.ts";

interface OpenObject {
  readonly key: string;
  readonly path: string;
  readonly file: number;
  /** To be told when it is durable, each with how many of its flows were left out. */
  readonly waiting: { readonly durable: (leftOut: number) => void; readonly leftOut: number }[];
  /** Text that the disk has not taken yet. */
  text: Buffer;
  isFirst: boolean;
  isEnded: boolean;
}

/** Text of one object that is gathered before it is written, in bytes. */
const GATHERED = 256 * 1024;
/** Pause after the disk took nothing, in ms. */
const DISK_PAUSE_MS = 1_000;

/** Accepted flows, as the enrichment script writes them: its records do not say what became of a flow. */
export const isOfJson = ({ action }: Flow): boolean => action === "accept";

/**
 * Keeps accepted flows as arrays of records of schema seed: one object for each source object, under a name that says which version of which object
 * went in. An object becomes durable as a whole, when its source object has ended; one that is not ended when the run ends is read again.
 */
export class JsonArchive implements Keeper {
  readonly name: string;
  readonly #prefix: string;
  readonly #workFolder: string;
  readonly #uploads: Uploads;
  readonly #events: UploadEvents;
  readonly #print = linePrinter(loadSchema("seed", "."), "flowferry");
  readonly #objects = new Map<string, OpenObject>();
  #files = 0;
  #diskFails = 0;
  #timer: NodeJS.Timeout | undefined;
  #change = Promise.withResolvers<void>();

  constructor(
    { name, prefix, workFolder }: { readonly name: string; readonly prefix: string; readonly workFolder: string },
    uploads: Uploads,
    events: UploadEvents,
  ) {
    this.name = name;
    this.#prefix = prefix;
    this.#workFolder = workFolder;
    this.#uploads = uploads;
    this.#events = events;
  }

  get hasRoom(): boolean {
    return this.#diskFails === 0 && this.#uploads.hasRoom;
  }

  get failing(): boolean {
    return this.#diskFails > 0 || this.#uploads.failing;
  }

  get files(): number {
    return this.#uploads.brought;
  }

  async changed(): Promise<void> {
    await Promise.race([this.#change.promise, this.#uploads.changed()]);
  }

  take(flows: readonly Flow[], durable: (leftOut?: number) => void): void {
    const [first] = flows;
    if (first === undefined) return;
    const object = this.#objects.get(first.origin.digest) ?? this.#open(first.origin);
    const accepted = flows.filter(isOfJson);
    object.waiting.push({ durable, leftOut: flows.length - accepted.length });
    let text = "";
    for (const flow of accepted) {
      text += `${object.isFirst ? "[\n" : ",\n"}${this.#print(flow, flow.time)}`;
      object.isFirst = false;
    }
    object.text = Buffer.concat([object.text, Buffer.from(text)]);
    if (object.text.length >= GATHERED) this.#write();
  }

  ended({ digest }: Origin): void {
    const object = this.#objects.get(digest);
    if (object === undefined) return;
    object.isEnded = true;
    object.text = Buffer.concat([object.text, Buffer.from(object.isFirst ? "[]\n" : "\n]\n")]);
    this.#write();
  }

  forget({ digest }: Origin): void {
    const object = this.#objects.get(digest);
    this.#objects.delete(digest);
    if (object === undefined) return;
    closeSync(object.file);
    rmSync(object.path, { force: true });
  }

  async flush(signal: AbortSignal): Promise<void> {
    const isDone = () => this.#uploads.idle && ![...this.#objects.values()].some(({ isEnded }) => isEnded);
    while (!signal.aborted && !isDone()) await firstOf([this.changed()], signal);
  }

  /** Gives up what is not durable. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#uploads.close();
    for (const { file } of this.#objects.values()) closeSync(file);
    this.#objects.clear();
  }

  #open({ key, digest }: Origin): OpenObject {
    this.#files += 1;
    const path = join(this.#workFolder, `${this.#files}.json`);
    const object: OpenObject = {
      key: this.#prefix + objectNameOf(key, digest),
      path,
      file: openSync(path, "w", 0o600),
      waiting: [],
      text: Buffer.alloc(0),
      isFirst: true,
      isEnded: false,
    };
    this.#objects.set(digest, object);
    return object;
  }

  /** Writes what was gathered, and hands on what is whole; when the disk takes nothing, again after a pause. */
  #write(): void {
    if (this.#timer !== undefined) return;
    try {
      for (const [digest, object] of this.#objects) {
        while (object.text.length > 0) object.text = object.text.subarray(writeSync(object.file, object.text));
        if (object.isEnded) this.#finish(digest, object);
      }
      if (this.#diskFails > 0) this.#events.onWell();
      this.#diskFails = 0;
    } catch (error) {
      this.#diskFails += 1;
      this.#events.onFailure(error, this.#diskFails);
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#write();
      }, DISK_PAUSE_MS);
    }
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  #finish(digest: string, { key, path, file, waiting }: OpenObject): void {
    fsyncSync(file);
    closeSync(file);
    this.#objects.delete(digest);
    this.#uploads.add(key, path, () => {
      for (const { durable, leftOut } of waiting) durable(leftOut);
    });
  }
}
