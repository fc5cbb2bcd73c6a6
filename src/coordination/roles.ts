/** What a worker does of the work that several share. */
export const ROLES = ["discover", "ship", "detect"] as const;
export type Role = (typeof ROLES)[number];

/** How far the group of a role is in one topic. */
export interface TopicLag {
  readonly topic: string;
  readonly role: Role;
  readonly messages: number;
}

/** The group of those that detect. */
export function detectorsOf(group: string): string {
  return `${group}-detectors`;
}
