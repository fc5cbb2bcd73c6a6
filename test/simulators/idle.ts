import type { Server } from "node:net";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

/** Resolves when every client of the server has gone, and what they had sent is handled: `handling` says how many requests are not. */
export async function untilIdle(server: Server, handling: () => number): Promise<void> {
  const connections = () =>
    new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  while ((await connections()) > 0 || handling() > 0) await sleep(5);
  await turn();
}
