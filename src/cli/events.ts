import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/load.ts";
import type { Announced } from "../contracts/object-event.ts";
import { worthTelling } from "../delivery/telling.ts";
import { serveEvents } from "../intake/events/server.ts";
import { EVENT_FORMS } from "../registry.ts";
import type { Hint } from "../run/pipeline.ts";
import type { Logger } from "../telemetry/telemetry.ts";

/** Takes events at `intake.listen`, if the configuration has it, and hands them on as hints. */
export class EventIntake {
  readonly #log: Logger;
  #sources: Config["sources"] = [];
  #server: { readonly address: string; close(): Promise<void> } | undefined;
  /** What the server is made of. */
  #intake: Config["intake"];
  #hint: Hint = () => {};
  #refused = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Goes on under this configuration; a certificate is read again. Throws UsageError, and then takes no events. */
  async open({ intake, sources }: Config): Promise<void> {
    this.#sources = sources;
    if (this.#server !== undefined && intake?.tls === undefined && isDeepStrictEqual(intake, this.#intake)) return;
    await this.close();
    if (intake === undefined) return;
    this.#intake = intake;
    this.#server = await serveEvents(EVENT_FORMS, intake, {
      onAnnounced: (announced) => {
        for (const object of announced) this.#pass(object);
      },
      onConfirmation: (url) =>
        this.#log.warn({ url }, "events come when the subscription is confirmed: open the URL, if you have made it"),
      onRefused: (status, reason) => {
        this.#refused += 1;
        if (worthTelling(this.#refused))
          this.#log.warn({ status, refused: this.#refused }, `a request to intake.listen is refused: ${reason}`);
      },
    });
    this.#log.info({ address: this.#server.address }, "takes object-created events");
  }

  /** Where hints go, and until when; what comes before it waits for the first look anyway. */
  attach(hint: Hint): () => void {
    this.#hint = hint;
    return () => {
      this.#hint = () => {};
    };
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  #pass({ bucket, key }: Announced): void {
    const meant = this.#sources.filter((source) => source.bucket === bucket);
    this.#log.debug(
      { bucket, key },
      meant.length === 0 ? "an event of a bucket that no source reads" : "an event names an object",
    );
    for (const { name } of meant) this.#hint(key, name);
  }
}
