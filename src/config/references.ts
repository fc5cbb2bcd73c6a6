import { closeSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { describeError } from "../lib/errors.ts";
import { isSecretName } from "../lib/secrets/of-url.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";

/** What a configuration may refer to. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where relative paths start. */
  readonly baseDir: string;
  /** Gets the values of files, and of variables that are called like a secret. */
  readonly secrets: Secrets;
}

/** A reference that is wrong. The message quotes nothing but names and paths: the text around it may be a secret. */
export class WrongReference extends Error {
  /** Where it begins in the text. */
  readonly at: number;

  constructor(at: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.at = at;
  }
}

/** The largest file that a value is read from, in bytes. */
const LARGEST_FILE = 64 * 1024;
const KNOWN =
  "known are ${NAME} and ${NAME:-default} for a variable of the environment, ${file:/path} for what is in a file, and $${ for a ${ that stays";

/**
 * The text with `${NAME}`, `${NAME:-default}` and `${file:/path}` replaced by what they refer to; `$${` stands for a literal `${`. The
 * end of line at the end of a file is left out. Throws WrongReference.
 */
export function resolveReferences(text: string, surroundings: Surroundings): string {
  const bare = /^\$([A-Za-z_]\w*)$/.exec(text)?.[1];
  if (bare !== undefined && surroundings.env[bare] !== undefined) {
    throw new WrongReference(0, `$${bare} is not replaced by the variable: write \${${bare}}`);
  }
  return text.replaceAll(/\$\$\{|\$\{([^}]*)(\}?)/g, (match, content: string | undefined, closing: string, at: number) => {
    if (content === undefined) return match.slice(1);
    if (closing === "") throw new WrongReference(at, "${ has no } after it: for a text with ${ in it write $${");
    return referredTo(content, at, surroundings);
  });
}

function referredTo(content: string, at: number, { env, baseDir, secrets }: Surroundings): string {
  const path = /^file:([^$]+)$/.exec(content)?.[1];
  if (path !== undefined) return secretOf(resolve(baseDir, path), at, secrets);
  const [, name, fallback] = /^([A-Za-z_]\w*)(?::-((?:[^$]|\$(?!\{))*))?$/.exec(content) ?? [];
  if (name === undefined) throw new WrongReference(at, `this form of \${…} is not known; ${KNOWN}`);
  const value = env[name];
  if (value === undefined || value === "") {
    if (fallback !== undefined) return fallback;
    const advice = `set it, or give a default as in \${${name}:-default}`;
    throw new WrongReference(at, `environment variable ${name} is not set: ${advice}`);
  }
  if (isSecretName(name)) secrets.add(value, name);
  return value;
}

function secretOf(path: string, at: number, secrets: Secrets): string {
  let bytes: Buffer;
  try {
    bytes = beginningOf(path, LARGEST_FILE + 1);
  } catch (cause) {
    throw new WrongReference(at, `cannot read ${path}: ${describeError(cause)}`, { cause });
  }
  if (bytes.length > LARGEST_FILE) throw new WrongReference(at, `${path} is larger than ${LARGEST_FILE} bytes: no value is`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WrongReference(at, `${path} is not UTF-8 text`, { cause });
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new WrongReference(at, `${path} is empty`);
  secrets.add(value);
  return value;
}

/** At most so many bytes of a file, which may be a pipe. */
function beginningOf(path: string, limit: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read) read = readSync(file, bytes, length, limit - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
