import { existsSync, readFileSync } from "node:fs";

/** Lines of JSON that were added to a file since it was read last. What a crash has left of a line is none yet. */
export class AddedLines {
  readonly #path: string;
  #read = 0;
  /** Whether what stands behind the last newline was read as a line already. */
  #open = false;

  constructor(path: string) {
    this.#path = path;
  }

  take(): unknown[] {
    if (!existsSync(this.#path)) return [];
    const bytes = readFileSync(this.#path);
    const whole = bytes.lastIndexOf("\n") + 1;
    const lines = bytes.subarray(this.#read, whole).toString().split("\n").slice(0, -1);
    if (this.#open && whole > this.#read) lines.shift();
    if (whole > this.#read) this.#open = false;
    this.#read = Math.max(this.#read, whole);
    const tail = jsonIn(bytes.subarray(whole).toString());
    const parsed = lines.map((line) => JSON.parse(line) as unknown);
    if (tail === undefined || this.#open) return parsed;
    this.#open = true;
    return [...parsed, tail];
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
