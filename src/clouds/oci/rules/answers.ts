import { randomBytes } from "node:crypto";
import { rename, rm, stat, writeFile } from "node:fs/promises";
import { z } from "zod";
import { readContent } from "../../../enrich/tables/content.ts";
import { describeError } from "../../../lib/errors.ts";

/** What the provider answered about a resource. */
export interface Answer {
  /** The resource as the API has it; null for one that is not there. */
  readonly value: unknown;
  /** When it was asked for, ms since the epoch. */
  readonly at: number;
  /** When flows last made use of it, ms since the epoch. */
  readonly used: number;
}

const file = z.object({
  format: z.literal("flowferry-network-1"),
  answers: z.record(z.string(), z.object({ value: z.unknown(), at: z.number(), used: z.number() })),
});

/** A pause between an answer and its writing, in which others may come. */
const GATHER_MS = 1_000;

/** Answers by OCID, kept in a file so that a restart needs no calls. A file that cannot be used is told once, and started anew. */
export class Answers {
  readonly all = new Map<string, Answer>();
  readonly #path: string | undefined;
  readonly #tell: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #changed = false;
  #broken = false;

  constructor(path: string | undefined, tell: (message: string) => void) {
    this.#path = path;
    this.#tell = tell;
  }

  /** Reads the file; one that is not there yet holds nothing. */
  async load(): Promise<void> {
    if (this.#path === undefined) return;
    const content = await readContent(this.#path);
    if ("problem" in content) {
      if (!content.problem.reason.startsWith("does not exist"))
        this.#tell(`${this.#path}: ${content.problem.reason}: it is written anew`);
      return;
    }
    try {
      const { answers } = file.parse(JSON.parse(Buffer.from(content.bytes).toString("utf8")));
      for (const [ocid, { value, at, used }] of Object.entries(answers)) this.all.set(ocid, { value: value ?? null, at, used });
    } catch (error) {
      const reason = error instanceof z.ZodError ? "is no file of this program" : describeError(error);
      this.#tell(`${this.#path}: cannot be used: ${reason}: it is written anew`);
    }
  }

  set(ocid: string, answer: Answer): void {
    this.all.set(ocid, answer);
    this.changed();
  }

  /** The file is written a little later. */
  changed(): void {
    this.#changed = true;
    if (this.#path !== undefined) this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what has changed; the file is replaced in one step, a new one is for this user alone. A failure is told, and does no harm to what is known. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const path = this.#path;
    if (path === undefined || !this.#changed) return this.#writing;
    this.#changed = false;
    this.#writing = this.#writing.then(() => this.#write(path));
    return this.#writing;
  }

  async #write(path: string): Promise<void> {
    const beside = `${path}.${randomBytes(4).toString("hex")}`;
    try {
      const mode = await stat(path).then(
        (found) => found.mode & 0o777,
        () => 0o600,
      );
      await writeFile(beside, JSON.stringify({ format: "flowferry-network-1", answers: Object.fromEntries(this.all) }), {
        mode,
      });
      await rename(beside, path);
      this.#broken = false;
    } catch (error) {
      await rm(beside, { force: true });
      if (!this.#broken) this.#tell(`${path}: cannot be written, so that a restart asks again: ${describeError(error)}`);
      this.#broken = true;
    }
  }
}
