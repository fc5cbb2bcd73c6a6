const HOUR_MS = 3_600_000;
const [DAY, WEEK] = [24, 7 * 24];
/** What comes so many hours earlier or later than the time before comes at the same time: clocks shift, and work takes longer. */
const SLACK = 2;

/** Notes the hour of that time; `hours` are numbered since the epoch, ascending, and go back a week. */
export function noteHour(hours: number[], time: number): void {
  const hour = Math.floor(time / HOUR_MS);
  let at = hours.length;
  while (at > 0 && (hours[at - 1] as number) > hour) at--;
  if (hours[at - 1] === hour) return;
  hours.splice(at, 0, hour);
  const oldest = (hours.at(-1) as number) - WEEK - SLACK;
  while ((hours[0] as number) < oldest) hours.shift();
}

/**
 * Whether it also came at about that time of the day before, or of the same day in the week before. All that came then is known by now; but
 * of an incident that begins at about that time and goes on longer, a later flow that is read first is not at that time: it is told.
 */
export function isRoutine(hours: readonly number[], time: number): boolean {
  const hour = Math.floor(time / HOUR_MS);
  return hours.some((known) => isAboutADayOrWeek((hour - known) * HOUR_MS));
}

export function isAboutADayOrWeek(agoMs: number): boolean {
  return Math.abs(agoMs - DAY * HOUR_MS) <= SLACK * HOUR_MS || Math.abs(agoMs - WEEK * HOUR_MS) <= SLACK * HOUR_MS;
}
