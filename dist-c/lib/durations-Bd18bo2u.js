import { E as union, w as string } from "./schemas-Dm7Z0tOD.js";
import { n as datetime, t as date } from "./iso-MOGf7pvv.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
// src/lib/durations.ts
const UNITS = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5
};
const LONGEST_MS = 316224e7;
/** Milliseconds of a duration such as `500ms`, `90s`, `15m`, `2h` or `30d`. Throws UsageError for anything else, and above 100 years. */
function parseDuration(text) {
	const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text);
	const duration = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? NaN);
	if (Number.isNaN(duration)) throw new UsageError("bad-duration", `"${text}" is no duration: write a whole number and a unit, such as 500ms, 90s, 15m, 2h or 30d`);
	if (duration > LONGEST_MS) throw new UsageError("bad-duration", `"${text}" is more than 100 years`);
	return duration;
}
/** A whole number of ms as `parseDuration` reads it, in the largest unit that says it exactly. */
function formatDuration(ms) {
	const [unit = "ms", size = 1] = Object.entries(UNITS).reverse().find(([, length]) => ms !== 0 && ms % length === 0) ?? [];
	return `${ms / size}${unit}`;
}
/**
* The instant that a text names, in ms since the epoch: an ISO 8601 time with its zone (`2026-01-31T08:00:00Z`), a date (its
* midnight in UTC), or a duration, which is that long before `now`. Throws UsageError for anything else.
*/
function parseInstant(text, now) {
	if (/^\d{1,15}(ms|s|m|h|d)$/.test(text)) return now - parseDuration(text);
	if (!INSTANT.safeParse(text).success) throw new UsageError("bad-time", `"${text}" is no time: write a date (2026-01-31), a time with its zone (2026-01-31T08:00:00Z), or how long ago (30d)`);
	return Date.parse(text);
}
const INSTANT = union([date(), datetime({ offset: true })]);
/** Schema of an option that holds a duration; the text is kept, `parseDuration` reads it. */
const durationText = () => checked((text) => void parseDuration(text));
/** Schema of an option that holds an instant; the text is kept, `parseInstant` reads it. */
const instantText = () => checked((text) => void parseInstant(text, 0));
function checked(check) {
	return string().superRefine((text, context) => {
		try {
			check(text);
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			context.addIssue({
				code: "custom",
				message: error.message
			});
		}
	});
}
export { parseInstant as a, parseDuration as i, formatDuration as n, instantText as r, durationText as t };
