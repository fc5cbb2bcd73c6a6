import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { Coordination } from "../../../src/coordination/coordination.ts";
import { coordinationOptions } from "../../../src/coordination/options.ts";
import { TopicLog } from "../../../src/coordination/topic-log.ts";

/** What a worker takes to end may not depend on brokers: orchestrators kill it after a while. */
const SOON_MS = 5_000;

test("a worker that waits for its groups ends soon, and holds no connection", async () => {
  const sockets = new Set<unknown>();
  const silent = createServer((socket) => {
    sockets.add(socket.resume());
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  vi.spyOn(TopicLog.prototype, "partitions").mockResolvedValue(3);
  const { kafka: options } = coordinationOptions.parse({
    kafka: { brokers: [`127.0.0.1:${port}`], securityProtocol: "PLAINTEXT" },
  });
  const broken: string[] = [];
  const coordination = new Coordination({
    options,
    roles: new Set(["discover", "ship"]),
    hasRules: false,
    pollMs: 1_000,
    retry: { initialMs: 10, maxMs: 20 },
    baseDir: "/",
    secrets: undefined,
    hintsIn: () => undefined,
    events: { onTrouble() {}, onWell() {}, onListing() {}, onInfo() {}, onError: (_, line) => void broken.push(line) },
  });
  await coordination.open();
  await once(silent, "connection");
  // Both groups are asked, and how far the workers are.
  await vi.waitFor(() => expect(sockets.size).toBeGreaterThanOrEqual(3));
  const began = performance.now();
  await coordination.close();
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  expect(broken).toEqual([]);
  await vi.waitFor(() => expect(sockets.size).toBe(0));
  silent.close();
});
