import type { Consumer } from "@platformatic/kafka";

/**
 * Closes a client and leaves no group: its member has left already, stays known, or goes on with another client. Without a member there is
 * nobody to leave, and the client only ends its heartbeats, which it would go on with for ever, closed or not.
 */
export function closeSilently(client: Consumer | undefined): void {
  if (client === undefined) return;
  client.memberId = null;
  client.leaveGroup(true, () => {});
  void client.close(true).catch(() => {});
}
