/** What a worker does of the work that several share. */
export const ROLES = ["discover", "ship", "detect"] as const;
export type Role = (typeof ROLES)[number];

/** The group of those that detect. */
export function detectorsOf(group: string): string {
  return `${group}-detectors`;
}
