import type { EventEmitter } from "node:events";
import { codeOf, UsageError } from "../errors.ts";
import { boundInflating } from "./inflating.ts";

/** The package that speaks Kafka's protocol. */
export type KafkaPackage = typeof import("@platformatic/kafka");

let isBearing = false;

/**
 * A connection tells whoever waits for it of its first failure, and nobody listens to a second one: one that is refused its token, and then
 * reset, would end the program.
 */
function bearFailures({ instancesChannel }: KafkaPackage): void {
  if (isBearing) return;
  isBearing = true;
  instancesChannel.subscribe((created) => {
    const { type, instance } = created as { readonly type: string; readonly instance: EventEmitter };
    if (type === "connection") instance.on("error", () => {});
  });
}

/** Kafka's client is a package that users add, since only parts of type `kafka` need it. Throws UsageError where it is not installed. */
export async function loadKafka(): Promise<KafkaPackage> {
  try {
    const kafka = await import("@platformatic/kafka");
    boundInflating(kafka);
    bearFailures(kafka);
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
