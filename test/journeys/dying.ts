/**
 * Loaded into the program and each of its threads (`NODE_OPTIONS=--import`): the first threads end in the midst of their work, in the way
 * that FLOWFERRY_TEST_DEATH names. FLOWFERRY_TEST_DEATHS says when: `2:encode` is with the second message of that kind; one word for each thread.
 */
import { isMainThread, parentPort, threadId } from "node:worker_threads";

const when = process.env.FLOWFERRY_TEST_DEATHS?.split(",")[threadId - 1];
if (!isMainThread && when !== undefined) {
  const [count, kind] = when.split(":");
  let left = Number(count);
  parentPort?.on("message", (message: { readonly kind: string }) => {
    if (message.kind !== kind) return;
    left -= 1;
    if (left === 0) die();
  });
}

function die(): void {
  const way = process.env.FLOWFERRY_TEST_DEATH;
  if (way === "exit") process.exit(7);
  if (way === "throw") throw new Error("it was to die");
  const all: number[][] = [];
  for (;;) all.push(new Array(1_000_000).fill(0.5));
}
