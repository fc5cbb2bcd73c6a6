import type { DuckDBConnection } from "@duckdb/node-api";

/** An interruption that comes between two steps of a question is forgotten: the next comes so soon, in ms. */
const AGAIN_MS = 50;

/** From the signal's abort on, interrupts what the connection does, again and again, until the returned function is called. */
export function interruptOn(signal: AbortSignal, connection: DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), AGAIN_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearInterval(timer);
  };
}
