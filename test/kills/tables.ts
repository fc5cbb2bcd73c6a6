import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../src/generator/random.ts";
import { spawned, type Workplace } from "../journeys/program.ts";

/** Rows of nobody's addresses, so that a table without them is short of more than half. */
const FILLING = 60;
/** So few rows are left in a half-written table that it counts as short, however many there were. */
const HALF = 7;

/** Somebody who rewrites the table of servers again and again, and not always well. Every whole table names every server. */
export class Tables {
  readonly #place: Workplace;
  readonly #random: Random;
  readonly #rows: readonly string[];
  /** Every content that may be in use, as it was written. */
  readonly #good = new Set<string>();
  #number = 0;
  #accepted = 0;
  readonly done: Record<string, number> = {};

  constructor(place: Workplace, random: Random, servers: string) {
    this.#place = place;
    this.#random = random;
    this.#rows = servers.trimEnd().split("\n");
    writeFileSync(this.#path, this.#whole());
  }

  /** One of the things that people do to a file, begun now; resolves when they have left it alone. */
  async meddle(config: string): Promise<void> {
    const ways: Record<string, () => Promise<void> | void> = {
      "written anew in place": () => writeFileSync(this.#path, this.#whole()),
      "renamed into place": () => this.#rename(this.#whole()),
      "half-written, then completed": async () => {
        const whole = this.#whole();
        const half = this.#half();
        writeFileSync(this.#path, half);
        await sleep(this.#random.between(100, 1_200));
        if (whole.startsWith(half)) appendFileSync(this.#path, whole.slice(half.length));
      },
      "half-written and left": () => writeFileSync(this.#path, this.#half()),
      "half of its lines left": () => this.#rename(`${this.#rows.slice(0, HALF).join("\n")}\n`),
      emptied: () => writeFileSync(this.#path, ""),
      "with a bad line": () => this.#rename(`${this.#whole(false)}10.20.0.300,oops,nobody,web\n`),
      removed: () => rmSync(this.#path, { force: true }),
      "shortened and accepted": () => this.#shorten(config),
    };
    const name = this.#random.pick(Object.keys(ways));
    this.done[name] = (this.done[name] ?? 0) + 1;
    await ways[name]?.();
  }

  /** Leaves a good table behind, and returns it. */
  mend(): string {
    const whole = this.#whole();
    this.#rename(whole);
    return whole;
  }

  /** The copy that a restart begins with, if there is one. */
  copy(): string | undefined {
    const folder = this.#place.path("flowferry.db.tables");
    if (!existsSync(folder)) return undefined;
    const name = readdirSync(folder).find((file) => /^servers-[^.]*\.csv$/.test(file));
    return name === undefined ? undefined : readFileSync(`${folder}/${name}`, "utf8");
  }

  /** Whether somebody wrote it as a whole, or shortened it on purpose. */
  isGood(table: string): boolean {
    return this.#good.has(table);
  }

  get accepted(): number {
    return this.#accepted;
  }

  get #path(): string {
    return this.#place.path("servers.csv");
  }

  #rename(content: string): void {
    const beside = this.#place.path("servers.csv.new");
    writeFileSync(beside, content);
    renameSync(beside, this.#path);
  }

  async #shorten(config: string): Promise<void> {
    const table = `${[...this.#rows, this.#revision()].join("\n")}\n`;
    this.#good.add(table);
    this.#rename(table);
    const { code, stdout } = await spawned(["lookups", "accept", "-c", config]);
    if (code === 0 && stdout.includes("servers")) this.#accepted += 1;
  }

  #whole(isGood = true): string {
    const filling = Array.from({ length: FILLING }, (_, index) => `192.168.77.${index},spare-${index},nobody,spare`);
    const table = `${[...this.#rows, ...filling, this.#revision()].join("\n")}\n`;
    if (isGood) this.#good.add(table);
    return table;
  }

  /** A row that makes each table another one. */
  #revision(): string {
    this.#number += 1;
    return `192.168.78.1,revision-${this.#number},nobody,spare`;
  }

  /** Ends within an address, so that it is a broken table: two short ones, one after the other, would count as wanted. */
  #half(): string {
    return `${this.#rows.slice(0, HALF).join("\n")}\n${this.#rows[HALF]?.slice(0, 6)}`;
  }
}
