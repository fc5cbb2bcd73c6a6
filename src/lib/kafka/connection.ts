import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { BaseOptions, SASLOptions } from "@platformatic/kafka";
import { UsageError } from "../errors.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { type KafkaFailures, kafkaFailures } from "./failures.ts";
import type { ConnectionOptions } from "./options.ts";
import { type KafkaPackage, loadKafka } from "./package.ts";

export interface Surroundings {
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  readonly secrets?: Secrets | undefined;
}

/** A way to brokers: the package, what its clients are made with, and how their errors are sorted. */
export interface KafkaConnection {
  readonly kafka: KafkaPackage;
  /** For each client of the package. No client retries by itself: whoever calls does, as the program does everywhere. */
  readonly options: BaseOptions;
  readonly failure: KafkaFailures;
}

/** Loads the package and reads the files that the options name; connects to nobody. Throws UsageError for what is not there. */
export async function kafkaConnection(options: ConnectionOptions, surroundings: Surroundings): Promise<KafkaConnection> {
  const kafka = await loadKafka();
  const isTls = options.securityProtocol.endsWith("SSL");
  return {
    kafka,
    options: {
      clientId: options.clientId,
      bootstrapBrokers: [...options.brokers],
      connectTimeout: options.connectTimeoutMs,
      requestTimeout: options.timeoutMs,
      retries: 0,
      retryDelay: 250,
      autocreateTopics: false,
      ...(isTls && { tls: tlsOf(options, surroundings.baseDir), tlsServerName: hasNames(options.brokers) }),
      ...(options.sasl !== undefined && { sasl: saslOf(options.sasl, surroundings) }),
    },
    failure: kafkaFailures(options),
  };
}

/** An IP address is no name that TLS could be asked for. */
function hasNames(brokers: readonly string[]): boolean {
  return brokers.every((broker) => isIP(broker.slice(0, broker.lastIndexOf(":")).replaceAll(/[[\]]/g, "")) === 0);
}

function tlsOf({ tls }: ConnectionOptions, baseDir: string): NonNullable<BaseOptions["tls"]> {
  const read = (option: "caFile" | "certFile" | "keyFile"): string | undefined => {
    const file = tls[option];
    if (file === undefined) return undefined;
    const path = resolve(baseDir, file);
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new UsageError("kafka-tls", `tls.${option}: cannot read ${path}`, { cause });
    }
  };
  const [ca, cert, key] = [read("caFile"), read("certFile"), read("keyFile")];
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) };
}

function saslOf(
  { mechanism, username = "", password = "", passwordFile, token = "", tokenFile }: NonNullable<ConnectionOptions["sasl"]>,
  surroundings: Surroundings,
): SASLOptions {
  if (mechanism === "OAUTHBEARER") {
    const own = tokenFile === undefined ? token : () => secretOf("tokenFile", tokenFile, surroundings);
    return { mechanism, token: own, authBytesValidator: refuseChallenge };
  }
  const own = passwordFile === undefined ? password : () => secretOf("passwordFile", passwordFile, surroundings);
  return { mechanism, username, password: own };
}

/** What is in the file now: it is asked for whenever a connection is made, or has to prove itself again. */
async function secretOf(option: string, file: string, { baseDir, secrets }: Surroundings): Promise<string> {
  const path = resolve(baseDir, file);
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new UsageError("kafka-secret", `sasl.${option}: cannot read ${path}`, { cause });
  }
  if (text === "") throw new UsageError("kafka-secret", `sasl.${option}: ${path} is empty`);
  secrets?.addPassing(text);
  return text;
}

/**
 * Whoever presents a token is believed without a word. A broker that does not take it answers without an error, with a word about it, and
 * closes the connection at the next request (RFC 7628, 3.2.3).
 */
const refuseChallenge: NonNullable<SASLOptions["authBytesValidator"]> = (answer, callback) => {
  if (answer.length === 0) callback(null, answer);
  else callback(new Error("the token is refused"), answer);
};
