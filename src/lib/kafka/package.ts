import { codeOf, UsageError } from "../errors.ts";
import { boundInflating } from "./inflating.ts";

/** The package that speaks Kafka's protocol. */
export type KafkaPackage = typeof import("@platformatic/kafka");

/** Kafka's client is a package that users add, since only parts of type `kafka` need it. Throws UsageError where it is not installed. */
export async function loadKafka(): Promise<KafkaPackage> {
  try {
    const kafka = await import("@platformatic/kafka");
    boundInflating(kafka);
    return kafka;
  } catch (cause) {
    if (codeOf(cause) !== "ERR_MODULE_NOT_FOUND" && codeOf(cause) !== "MODULE_NOT_FOUND") throw cause;
    throw new UsageError(
      "kafka-missing",
      "parts of type kafka need a client, which is not installed: npm install @platformatic/kafka",
      { cause },
    );
  }
}
