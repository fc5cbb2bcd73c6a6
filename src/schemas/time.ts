/** Ends of what a calendar can say: a hundred million days around 1970, in ms. */
const LAST_MS = 8.64e15;

/** ISO 8601 in UTC with milliseconds; a number of ms that is no date is written as that number. */
export const isoOf = (ms: number): string => (Math.abs(ms) <= LAST_MS ? new Date(ms).toISOString() : String(ms));
