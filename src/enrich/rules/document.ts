import type { z } from "zod";

/** Something in a file that could not be understood. What it stands in is left out, the rest is used. */
export interface Fault {
  /** As in `data[2].ingress-security-rules[0].protocol`, in the file's own spelling; empty for the file as a whole. */
  readonly place: string;
  readonly reason: string;
}

export type Report = (fault: Fault) => void;

type Path = readonly PropertyKey[];

/** So deep may a file be nested. */
const DEEPEST = 32;
/** So many characters of a wrong value are shown. */
const LONGEST_VALUE = 80;

/**
 * A JSON document whose keys may be written `like-this` (OCI command line), `like_this` (IBM, Terraform) or `likeThis` (API): reads as
 * the last. Keys with a dot or a colon are ids and stay as they are.
 */
export class Document {
  readonly value: unknown;
  readonly #written: unknown;
  readonly #report: Report;

  /** Throws SyntaxError for what is not JSON. */
  constructor(text: string, report: Report) {
    this.#written = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
    this.value = camelKeys(this.#written, DEEPEST);
    this.#report = report;
  }

  report(path: Path, reason: string): void {
    this.#report({ place: this.#placeOf(path), reason });
  }

  /** The value by the schema; undefined, and reported, where it does not fit. */
  read<Schema extends z.ZodType>(schema: Schema, value: unknown, path: Path): z.output<Schema> | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const at = [...path, ...issue.path];
      const found = issue.code === "custom" ? undefined : valueAt(value, issue.path);
      const shown = found === undefined ? "" : `${JSON.stringify(found).slice(0, LONGEST_VALUE)}: `;
      this.report(at, shown + issue.message);
    }
    return undefined;
  }

  #placeOf(path: Path): string {
    let place = "";
    let at = this.#written;
    for (const step of path) {
      if (typeof step === "number") {
        place += `[${step}]`;
        at = Array.isArray(at) ? at[step] : undefined;
        continue;
      }
      const keys = isObject(at) ? Object.keys(at) : [];
      const key = keys.find((one) => camel(one) === step) ?? String(step);
      place += place === "" ? key : `.${key}`;
      at = isObject(at) ? at[key] : undefined;
    }
    return place;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a list command prints: the list itself, or an object that holds it as `data`, as one resource or as a list. */
export function elementsOf(value: unknown, path: Path): { value: unknown; path: Path }[] | undefined {
  if (Array.isArray(value)) return value.map((element, i) => ({ value: element, path: [...path, i] }));
  if (!isObject(value) || !("data" in value)) return undefined;
  const { data } = value;
  if (isObject(data) && Array.isArray(data.items)) return elementsOf(data.items, [...path, "data", "items"]);
  return isObject(data) ? [{ value: data, path: [...path, "data"] }] : elementsOf(data, [...path, "data"]);
}

function camel(key: string): string {
  if (/[.:]/.test(key)) return key;
  return key.replaceAll(/[-_]+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function camelKeys(value: unknown, depth: number): unknown {
  if (depth === 0) throw new SyntaxError(`nested deeper than ${DEEPEST} levels`);
  if (Array.isArray(value)) return value.map((element) => camelKeys(element, depth - 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [camel(key), camelKeys(member, depth - 1)]));
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    at = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[String(step)] : undefined;
  }
  return typeof at === "object" ? undefined : at;
}
