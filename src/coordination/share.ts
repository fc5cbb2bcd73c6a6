import type { Claim } from "../lib/kafka/group-member.ts";
import type { ObjectMessage } from "./messages.ts";

const ORDER_DIGITS = 16;

/** A message that is done when those before it are: `told` is undefined for what is no object. */
export interface Entry {
  readonly offset: number;
  readonly told: ObjectMessage | undefined;
  /** Before it the object rests, by this worker's clock, in ms since the epoch. */
  readonly notBefore: number;
  state: "waiting" | "taken" | "done";
}

/** A partition that is this worker's. */
export interface Share {
  readonly claim: Claim;
  readonly name: string;
  /** Where reading goes on; undefined where it begins at the first message there is. */
  next: number | undefined;
  /** As far as it is known which topic that is. */
  topicId: string | undefined;
  readonly entries: Entry[];
  isReleased: boolean;
}

/** What was read now. An object that was parked by a worker whose clock is ahead rests no longer than its pause. */
export function entryOf(offset: number, told: ObjectMessage | undefined, now: number): Entry {
  const parked = told?.parked;
  const notBefore = parked === undefined ? 0 : Math.min(parked.notBefore, now + parked.pauseMs);
  return { offset, told, notBefore, state: told === undefined ? "done" : "waiting" };
}

export function isDue({ state, told, notBefore }: Entry, source: string, now: number): boolean {
  return state === "waiting" && told?.source === source && notBefore <= now;
}

/** As it sorts as a text. */
export const orderOf = (offset: number): string => String(offset).padStart(ORDER_DIGITS, "0");
