import type { Refusal, TimeWindow } from "../../../contracts/sink.ts";

const HOUR_MS = 3_600_000;

/** The service refuses logs that are older than 24 hours or lie more than 4 hours ahead. */
export const TIME_WINDOW: TimeWindow = { pastMs: 24 * HOUR_MS, aheadMs: 4 * HOUR_MS };

/** What a request may take on its way: a record must still be inside when it arrives, or its whole request is refused. */
const ON_THE_WAY_MS = 60_000;

const TOO_OLD: Refusal = {
  code: "outside-time-window",
  reason: "IBM Cloud Logs takes no log that is older than 24 hours: send it to another sink, or set filter.since",
};
const TOO_FAR_AHEAD: Refusal = {
  code: "outside-time-window",
  reason: "IBM Cloud Logs takes no log whose time is more than 4 hours ahead: replay it then, and check the clocks",
};

/** Both times in ms since the epoch. */
export function outsideWindow(time: number, now: number): Refusal | undefined {
  if (time < now - TIME_WINDOW.pastMs + ON_THE_WAY_MS) return TOO_OLD;
  return time > now + TIME_WINDOW.aheadMs ? TOO_FAR_AHEAD : undefined;
}
