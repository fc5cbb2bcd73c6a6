import { createInterface } from "node:readline";
import { UsageError } from "../lib/errors.ts";
import type { CliContext } from "./context.ts";

/** What a person is asked for, once. */
export interface Question {
  /** Of the answer. */
  readonly name: string;
  /** The option that answers it, too. */
  readonly flag: string;
  readonly text: string;
  /** The answers that there are, each with what it means; `yes` and `no` stand for true and false. */
  readonly choices?: Readonly<Record<string, string>>;
  /** Taken for an empty answer. */
  readonly otherwise?: string | boolean;
  /** Whether it is asked, after these answers. */
  isAsked(answers: Readonly<Record<string, unknown>>): boolean;
}

/** Asks what is not answered, one question after the other, again where an answer is none. Throws UsageError at the end of the input. */
export async function ask(
  questions: readonly Question[],
  answers: Record<string, unknown>,
  { stdin, stderr, signal }: Pick<CliContext, "stdin" | "stderr" | "signal">,
): Promise<void> {
  // The terminal keeps its own line editing, and Ctrl-C its meaning.
  const reader = createInterface({ input: stdin, terminal: false });
  const close = () => reader.close();
  signal.addEventListener("abort", close, { once: true });
  const lines = reader[Symbol.asyncIterator]();
  try {
    for (const question of questions) {
      while (answers[question.name] === undefined && question.isAsked(answers)) {
        stderr.write(promptOf(question));
        const { value, done } = await lines.next();
        if (done) throw new UsageError("bad-arguments", `no answer to: ${question.text} (${question.flag})`);
        answers[question.name] = meaningOf(question, value.trim());
      }
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

function promptOf({ text, choices, otherwise }: Question): string {
  const listed = Object.entries(choices ?? {}).filter(([, meaning]) => meaning !== "");
  const lines = listed.map(([word, meaning]) => `  ${word.padEnd(16)}${meaning}\n`).join("");
  const short = listed.length > 0 || choices === undefined ? "" : ` (${Object.keys(choices).join(" or ")})`;
  const given = typeof otherwise === "string" ? ` [${otherwise}]` : otherwise === false ? " [no]" : "";
  return `${text}${short}\n${lines}>${given} `;
}

/** Undefined for what is no answer. */
function meaningOf({ choices, otherwise }: Question, said: string): unknown {
  if (said === "") return otherwise;
  if (choices === undefined) return said;
  const [meant, ...others] = Object.keys(choices).filter((word) => word.startsWith(said.toLowerCase()));
  if (meant === undefined || others.length > 0) return undefined;
  return meant === "yes" ? true : meant === "no" ? false : meant;
}
