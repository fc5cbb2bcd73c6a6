import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A receiver of alerts that remembers who was told what, and when. */
export class Told implements AsyncDisposable {
  /** By the alert's key: who has told it, and when, in ms since the epoch. */
  readonly byKey = new Map<string, { readonly worker: number; readonly at: number }[]>();
  /** It takes so long to answer, in ms. */
  delayMs = 0;
  readonly #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => {
      body += text;
    });
    request.on("end", () => void this.#take(Number(request.url?.slice(1)), body, response));
  });

  static async open(): Promise<Told> {
    const told = new Told();
    told.#server.listen(0, "127.0.0.1");
    await once(told.#server, "listening");
    return told;
  }

  async #take(worker: number, body: string, response: ServerResponse): Promise<void> {
    const { key } = JSON.parse(body);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), { worker, at: Date.now() }]);
    await sleep(this.delayMs);
    response.end("{}");
  }

  /** The block `alerts` of a worker: all that the shipped rules find, however old it is. */
  alertsOf(worker: number): object {
    const { port } = this.#server.address() as AddressInfo;
    return { lateness: "90000h", minLevel: "low", webhook: { url: `http://127.0.0.1:${port}/${worker}` } };
  }

  get keys(): string[] {
    return [...this.byKey.keys()].sort();
  }

  /** What came from the worker since then. */
  since(worker: number, at: number): string[] {
    return [...this.byKey].flatMap(([key, all]) => (all.some((one) => one.worker === worker && one.at > at) ? [key] : []));
  }

  /** Whether nobody was told of anything for a while. */
  async isQuiet(): Promise<boolean> {
    const before = this.byKey.size;
    await sleep(4_000);
    return this.byKey.size === before;
  }

  /** How often somebody was told again of what was told before. */
  get repeated(): number {
    return [...this.byKey.values()].reduce((sum, times) => sum + times.length - 1, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
