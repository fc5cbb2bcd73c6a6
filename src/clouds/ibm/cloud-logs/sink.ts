import type { Component } from "../../../contracts/component.ts";
import type { Encoder, EncoderDependencies, Sink, SinkDependencies } from "../../../contracts/sink.ts";
import { drawerOf, Failure } from "../../../lib/errors.ts";
import { linePrinter } from "../../../schemas/line.ts";
import { loadSchema } from "../../../schemas/load.ts";
import { checkTokenUrl } from "../iam-options.ts";
import { isAboutNothing, judge } from "./answer.ts";
import { type IbmCloudLogsOptions, ibmCloudLogsOptions, singlesUrl } from "./options.ts";
import { printRequest } from "./request.ts";
import { outsideWindow, TIME_WINDOW } from "./window.ts";

/** The sink `ibm-cloud-logs`: an instance of IBM Cloud Logs, through its ingestion API. One batch is one request. */
export const ibmCloudLogs: Component<IbmCloudLogsOptions, SinkDependencies, Sink> = {
  type: "ibm-cloud-logs",
  summary: "IBM Cloud Logs: records of the last 24 hours, each as one log",
  options: ibmCloudLogsOptions,
  timeWindow: TIME_WINDOW,
  check(options) {
    singlesUrl(options);
    checkTokenUrl(options.auth);
  },
  encoder: encoderOf,
  create: (options, dependencies) => ibmCloudLogsSink(options, dependencies, Date.now),
};

function encoderOf(
  { applicationName, subsystemName, serviceName, schema, batch }: IbmCloudLogsOptions,
  { baseDir }: EncoderDependencies,
): Encoder {
  const print = linePrinter(loadSchema(schema, baseDir), serviceName);
  const printing = { applicationName, subsystemName, print, maxBytes: batch.bytes };
  return { encode: (flows, observed) => ({ records: flows.length, parts: [printRequest(flows, observed, printing)] }) };
}

/** `now` is in ms since the epoch. Throws UsageError. */
export async function ibmCloudLogsSink(
  options: IbmCloudLogsOptions,
  dependencies: SinkDependencies,
  now: () => number,
): Promise<Sink> {
  const { createIngress } = await import("./ingress.ts");
  const { batch, inFlight } = options;
  const ingress = createIngress(options, { ...dependencies, now });
  return {
    limits: { records: batch.records, inFlight, lingerMs: batch.lingerMs },
    outside: ({ time }) => outsideWindow(time, now()),
    ...encoderOf(options, dependencies),
    async send({ parts: [request = new Uint8Array()] }, signal) {
      judge(await ingress.post(request, signal), ingress.host);
      return { rejected: 0 };
    },
    async probe(signal) {
      const answer = await ingress.post(Buffer.from("[]"), signal);
      try {
        judge(answer, ingress.host);
      } catch (error) {
        if (!(error instanceof Failure) || drawerOf(error) !== "batch") throw error;
        const message = `${error.message} (to a request without logs, after it took the token)`;
        if (isAboutNothing(answer)) return message;
        throw new Failure("person", error.code, message, { cause: error.cause });
      }
      return `${ingress.host} answered ${answer.status} to a request without logs`;
    },
    close: () => ingress.close(),
  };
}
