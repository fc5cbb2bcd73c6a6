import type { Alert } from "../../src/contracts/alert.ts";
import type { Random } from "../../src/generator/random.ts";
import { type Received, startHttp } from "../unit/alerts/receiver.ts";
import type { Memory } from "./memory.ts";
import type { Ending } from "./sink-audit.ts";

/** Somebody who is told, slowly, and at times is not to be reached; with an account of what came, run for run. */
export class AlertAudit {
  readonly name: string;
  /** How often each alert was taken, by what identifies it. */
  readonly told = new Map<string, number>();
  /** What every attempt at an alert had as its Idempotency-Key. */
  readonly idempotencyKeys = new Map<string, Set<string>>();
  /** Whether it takes alerts. */
  well = true;
  /** Called when a message has come. */
  onMessage: () => void = () => {};
  repeated = 0;
  refused = 0;
  readonly #identityOf: (body: unknown) => string;
  readonly #identityIn: (alert: Alert) => string;
  #http: Awaited<ReturnType<typeof startHttp>> | undefined;
  #run: string[] = [];

  /** `identityOf` what comes, `identityIn` the ledger. */
  constructor(name: string, identityOf: (body: unknown) => string, identityIn: (alert: Alert) => string) {
    this.name = name;
    this.#identityOf = identityOf;
    this.#identityIn = identityIn;
  }

  async open(random: Random): Promise<string> {
    const http = await startHttp((response) => {
      this.#take(http.received.at(-1) as Received);
      const status = this.well ? 200 : 503;
      setTimeout(() => response.writeHead(status).end(this.well ? "ok" : "not now"), random.between(20, 600));
    });
    this.#http = http;
    return http.url;
  }

  /** Resolves when nobody is connected, and all that came is noted. */
  async idle(): Promise<void> {
    await this.#http?.idle();
  }

  close(): void {
    this.#http?.close();
  }

  /** A run has ended: gives what is wrong, in words. */
  settle(before: Memory, after: Memory, ending: Ending): string[] {
    const faults: string[] = [];
    const run = this.#run.splice(0);
    const waitedBefore = this.#waiting(before);
    for (const [index, identity] of run.entries()) {
      const times = (this.told.get(identity) ?? 0) + 1;
      this.told.set(identity, times);
      if (run.indexOf(identity) !== index) faults.push(`${identity} was told twice in one run`);
      if (times === 1) continue;
      this.repeated += 1;
      if (!waitedBefore.has(identity)) faults.push(`${identity} was told again, and the ledger knew that it was taken`);
    }
    const waiting = this.#waiting(after);
    const unnoted = [...new Set(run)].filter((identity) => waiting.has(identity));
    if (unnoted.length > (ending === "SIGKILL" ? 1 : 0))
      faults.push(`${unnoted.length} alerts were taken and are not noted after ${ending}: ${unnoted.join(", ")}`);
    return faults.map((fault) => `${this.name}: ${fault}`);
  }

  #waiting(memory: Memory): Set<string> {
    return new Set((memory.waiting.get(this.name) ?? []).map(this.#identityIn));
  }

  #take({ body, headers }: Received): void {
    const identity = this.#identityOf(body);
    const keys = this.idempotencyKeys.get(identity) ?? new Set();
    this.idempotencyKeys.set(identity, keys.add(String(headers["idempotency-key"])));
    if (this.well) this.#run.push(identity);
    else this.refused += 1;
    this.onMessage();
  }
}
