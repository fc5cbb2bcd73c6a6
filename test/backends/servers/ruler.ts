import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

type Labels = Readonly<Record<string, string>>;

/** A backend's own evaluation of rules, whose clock is the caller's. */
export interface Ruler {
  /** Evaluates all rules at that time (ms since the epoch, later than before) and returns the labels of the alerts that fire. */
  firingAt(time: number): Promise<Labels[]>;
  stop(): Promise<void>;
}

/** Starts one of the rulers of `test/backends/go`, which take a time a line and answer with a line. */
export async function startRuler(binary: string, args: readonly string[]): Promise<Ruler> {
  const child = spawn(binary, args, { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close");
  // The end says why the ruler takes no more times.
  child.stdin.on("error", () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await once(child, "spawn");
  return {
    async firingAt(time) {
      child.stdin.write(`${time}\n`);
      const { value, done } = await answers.next();
      if (done === true) {
        await ended;
        throw new Error(`the ruler ended at ${new Date(time).toISOString()}: ${errors}`);
      }
      return JSON.parse(value);
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
