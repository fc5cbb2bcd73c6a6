import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ConfigFileReader as Reader } from "oci-common";
import { Failure, UsageError } from "../../lib/errors.ts";
import type { OciIdentity, OciSurroundings } from "./identity.ts";
import { tokenExpiry } from "./tokens.ts";

export interface ProfileOptions {
  readonly file?: string | undefined;
  readonly profile: string;
  /** Taken before the pass_phrase of the file. */
  readonly passPhrase?: string | undefined;
  /** True if the profile must have a session token. */
  readonly session: boolean;
}

interface Profile {
  readonly region: string | undefined;
  readonly tokenFile: string | undefined;
  readonly read: () => Promise<{ keyId: string; privateKey: string }>;
}

/**
 * A profile of a configuration file as the OCI command line has it: an API key, or a session token. File, key and token are read again
 * when the token has expired and when the service refuses them, so that renewing them needs no restart.
 */
export async function configFile(options: ProfileOptions, surroundings: OciSurroundings): Promise<OciIdentity> {
  const { ConfigFileReader } = await import("oci-common");
  const { profile } = options;
  const load = (): Profile => readProfile(options, ConfigFileReader, surroundings);
  const { region, ...initial } = load();
  let { tokenFile } = initial;
  let current = await initial.read();
  /** The file too, since a new key has a new fingerprint. */
  const reload = async (): Promise<void> => {
    try {
      const loaded = load();
      current = await loaded.read();
      tokenFile = loaded.tokenFile;
    } catch (cause) {
      // What was in order at the start is being replaced, or will be put in order again.
      throw new Failure("person", "not-authenticated", `the credentials of profile ${profile} cannot be read again`, { cause });
    }
  };
  const expired = (): boolean => {
    if (tokenFile === undefined) return false;
    const expiry = tokenExpiry(current.keyId);
    return expiry !== undefined && expiry <= Date.now();
  };
  const renewal = `\`oci session refresh --profile ${profile}\``;
  return {
    provider: {
      getKeyId: async () => current.keyId,
      getPrivateKey: () => current.privateKey,
      getPassphrase: () => null,
    },
    async prepare() {
      if (!expired()) return;
      await reload();
      if (expired())
        throw new Failure("person", "not-authenticated", `the session token in ${tokenFile} has expired: run ${renewal}`);
    },
    async renew(refusedKeyId) {
      await reload();
      return current.keyId !== refusedKeyId;
    },
    region,
    authenticationAdvice:
      tokenFile === undefined
        ? `compare tenancy, user and fingerprint of profile ${profile} with the user's API keys in the console, and check that key_file is the key of that fingerprint`
        : `renew the session: ${renewal}`,
    policy: { subject: "group <the user's group>", conditions: [] },
    close: async () => undefined,
  };
}

function readProfile(options: ProfileOptions, reader: typeof Reader, { baseDir, env, secrets }: OciSurroundings): Profile {
  const locate = (path: string): string => resolve(baseDir, reader.expandUserHome(path));
  const path = locate(options.file ?? env.OCI_CONFIG_FILE ?? join("~", ".oci", "config"));
  const wrong = (what: string, cause?: unknown): UsageError =>
    new UsageError("oci-config", `${path}, profile ${options.profile}: ${what}`, { cause });
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError("oci-config", `cannot read the OCI configuration file ${path}: give its path as auth.file`, { cause });
  }
  let values: ReturnType<typeof Reader.parse>;
  try {
    // The reader writes to stdout when there is no default profile.
    values = reader.parse(`${text}\n[DEFAULT]\n`, options.profile);
  } catch (cause) {
    throw wrong("there is no such profile, or the file is not in the form of `oci setup config`", cause);
  }
  const need = (key: string): string => {
    const value = values.get(key);
    if (value === null || value === undefined || value === "") throw wrong(`${key} is missing`);
    return value;
  };
  if (values.get("authentication_type")) {
    throw wrong(`authentication_type is ${values.get("authentication_type")}: give auth.type instance-principal instead`);
  }
  const tokenPath = values.get("security_token_file");
  if (options.session) need("security_token_file");
  const tokenFile = tokenPath ? locate(tokenPath) : undefined;
  const keyFile = locate(need("key_file"));
  const passPhrase = options.passPhrase ?? values.get("pass_phrase");
  if (passPhrase) secrets?.add(passPhrase, "pass_phrase");
  const apiKeyId = tokenFile === undefined ? `${need("tenancy")}/${need("user")}/${need("fingerprint")}` : "";
  return {
    region: values.get("region") ?? undefined,
    tokenFile,
    async read() {
      const privateKey = decryptKey(await readSecret(keyFile, "key_file", wrong), passPhrase, wrong);
      if (tokenFile === undefined) return { keyId: apiKeyId, privateKey };
      return { keyId: `ST$${(await readSecret(tokenFile, "security_token_file", wrong)).trim()}`, privateKey };
    },
  };
}

async function readSecret(path: string, option: string, wrong: (what: string, cause: unknown) => UsageError): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw wrong(`${option} cannot be read`, cause);
  }
}

/** The key without its pass phrase, for a signer that knows fewer forms of encryption than Node does. */
function decryptKey(
  pem: string,
  passPhrase: string | null | undefined,
  wrong: (what: string, cause?: unknown) => UsageError,
): string {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passPhrase ? { passphrase: passPhrase } : {}) });
  } catch (cause) {
    const encrypted = pem.includes("ENCRYPTED");
    if (encrypted && !passPhrase)
      throw wrong("key_file is encrypted: give its pass phrase as pass_phrase or auth.passPhrase", cause);
    throw wrong(
      encrypted ? "key_file does not open with the pass phrase given" : "key_file is no private key in PEM form",
      cause,
    );
  }
  if (key.asymmetricKeyType !== "rsa") throw wrong(`key_file is a key of type ${key.asymmetricKeyType}, OCI takes RSA`);
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
