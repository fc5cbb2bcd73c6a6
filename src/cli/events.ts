import type { Config } from "../config/load.ts";
import type { Announced } from "../contracts/object-event.ts";
import { worthTelling } from "../delivery/telling.ts";
import { serveEvents } from "../intake/events/server.ts";
import { EVENT_FORMS } from "../registry.ts";
import type { Hint } from "../run/pipeline.ts";
import type { Logger } from "../telemetry/telemetry.ts";

/** Takes events at `intake.listen`, if the configuration has it, and hands them on as hints. */
export interface EventIntake {
  /** Where hints go, and until when; what comes before it waits for the first look anyway. */
  attach(hint: Hint): () => void;
  close(): void;
}

export async function openEventIntake({ intake, sources }: Config, log: Logger): Promise<EventIntake | undefined> {
  if (intake === undefined) return undefined;
  let hint: Hint = () => {};
  let refused = 0;
  const server = await serveEvents(EVENT_FORMS, intake, {
    onAnnounced: (announced) => {
      for (const object of announced) pass(object);
    },
    onConfirmation: (url) =>
      log.warn({ url }, "events come when the subscription is confirmed: open the URL, if you have made it"),
    onRefused: (status, reason) => {
      refused += 1;
      if (worthTelling(refused)) log.warn({ status, refused }, `a request to intake.listen is refused: ${reason}`);
    },
  });
  const pass = ({ bucket, key }: Announced) => {
    const meant = sources.filter((source) => source.bucket === bucket);
    log.debug({ bucket, key }, meant.length === 0 ? "an event of a bucket that no source reads" : "an event names an object");
    for (const { name } of meant) hint(key, name);
  };
  log.info({ address: server.address }, "takes object-created events");
  return {
    attach(given) {
      hint = given;
      return () => {
        hint = () => {};
      };
    },
    close: server.close,
  };
}
