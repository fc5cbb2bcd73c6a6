import { styleText } from "node:util";
import { printable } from "../lib/printable.ts";

const COLOURS = { trace: "gray", debug: "blue", info: "green", warn: "yellow", error: "red", fatal: "red" } as const;

/** A line of the log as a person reads it: when, by the clock on the wall, how bad, and what; below, what it speaks of, a line each. Nothing in it steers the terminal. */
export function forPeople(line: string, colours: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const styled = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, printable(text), { validateStream: false }) : printable(text);
  const label = String(level).toUpperCase();
  const colour = Object.hasOwn(COLOURS, String(level)) ? COLOURS[String(level) as keyof typeof COLOURS] : "white";
  const at = new Date(String(time)).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(
    ([name, value]) => `    ${styled("magenta", name)}: ${printable(JSON.stringify(value))}\n`,
  );
  return `[${at}] ${styled(colour, label)}: ${styled("cyan", String(msg ?? ""))}\n${rest.join("")}`;
}
