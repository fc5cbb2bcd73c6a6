import { printable } from "../../lib/printable.ts";
import type { End } from "./data.ts";

/** HTML, made by this page: everything else goes through `escaped` first. */
export interface Html {
  readonly html: string;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for an element or an attribute in quotes. What steers or hides (control characters, what turns the direction) is shown as an escape. */
export function escaped(text: string): string {
  return printable(text.toWellFormed()).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** As in `1 flow`, `2,000 flows`. */
export const plural = (amount: number, one: string): string => `${count(amount)} ${one}${Math.round(amount) === 1 ? "" : "s"}`;

const LETTERS = ["", "k", "M", "G", "T", "P", "E"];

function scaled(value: number, digits = 3): [string, string] {
  let step = 0;
  let rest = Math.abs(value);
  while (rest >= 999.5 && step < LETTERS.length - 1) {
    rest /= 1000;
    step++;
  }
  const shown = step === 0 ? String(Math.round(rest)) : String(Number(rest.toPrecision(digits)));
  return [`${value < 0 ? "-" : ""}${shown}`, LETTERS[step] ?? ""];
}

/** Bytes in decimal units, as in `1.21 GB`. */
export function bytes(value: number): string {
  const [shown, letter] = scaled(value);
  return `${shown} ${letter}B`;
}

/** A number for an axis or a tile, as in `1.21M`. */
export const short = (value: number): string => scaled(value).join("");

export const shortBytes = (value: number): string => {
  const [shown, letter] = scaled(value, 2);
  return `${shown} ${letter}B`;
};

export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (100 * part) / whole;
  if (share === 0 || share === 100) return `${share} %`;
  if (share < 0.1) return "< 0.1 %";
  if (share > 99.9) return "> 99.9 %";
  return `${share.toFixed(share < 10 || share > 90 ? 1 : 0)} %`;
}

/** How a value differs from the one before. */
export function change(now: number, before: number): string {
  if (now === before) return "as before";
  if (before === 0) return "none before";
  const ratio = now / before;
  if (ratio >= 10) return `${count(ratio)} times as before`;
  const difference = Math.abs(100 * (ratio - 1));
  return `${ratio > 1 ? "+" : "−"}${difference < 10 ? difference.toFixed(1) : Math.round(difference)} %`;
}

const iso = (at: number): string => new Date(at).toISOString();

/** A time in UTC to the minute, as in `2026-01-31 08:05`. */
export const minute = (at: number): string => iso(at).slice(0, 16).replace("T", " ");
export const date = (at: number): string => iso(at).slice(0, 10);

export function span(ms: number): string {
  const [size, unit] = (
    [
      [86_400_000, "day"],
      [3_600_000, "hour"],
      [60_000, "minute"],
      [1_000, "second"],
    ] as const
  ).find(([length]) => ms >= 2 * length || ms === length) ?? [1_000, "second"];
  const amount = Math.round((10 * ms) / size) / 10;
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

/** The name of its server, or its address. */
export const nameOf = ({ server, address }: End): string => server ?? address;

/** As it stands in a table: the server's name above its address. */
export function endHtml({ server, address }: End): Html {
  if (server === undefined) return { html: `<code>${escaped(address)}</code>` };
  return { html: `<bdi>${escaped(server)}</bdi> <code>${escaped(address)}</code>` };
}

/** Beside each sum of bytes: the records of two ends do not say that they are of one flow. */
export const AT_BOTH_ENDS = "A flow that both of its ends have logged counts at each.";

export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
