import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { z } from "zod";
import { Failure, UsageError } from "../../../lib/errors.ts";
import { retryBriefly } from "../../../lib/retry.ts";
import { tooLarge } from "./event-file.ts";
import { LARGEST_JSON_BYTES, targetOptions } from "./options.ts";
import { tokenOf } from "./payload.ts";
import { createUploader, StaleTokenError, type Uploader } from "./uploader.ts";

const exporterOptions = targetOptions.extend({
  exportTimeoutMs: z
    .int()
    .min(1)
    .default(30_000)
    .describe("How long one export may take, with all its attempts, in ms; then it is reported as failed"),
  maxJsonBytes: z.int().min(1024).max(LARGEST_JSON_BYTES).default(LARGEST_JSON_BYTES).describe("Largest upload, in bytes"),
});

/** What the exporter is made from: where uploads go, how to authenticate, and bounds. The same names as in the sink's options. */
export type OciLogAnalyticsExporterOptions = z.input<typeof exporterOptions>;

type ResultCallback = Parameters<LogRecordExporter["export"]>[1];

const RETRY = { initialMs: 500, maxMs: 10_000 };

/** Result codes of @opentelemetry/core. */
const SUCCESS = 0;
const FAILED = 1;

/**
 * Sends the log records of any OpenTelemetry program to OCI Log Analytics, as OTLP JSON. They land in the log group given, in the
 * source "OpenTelemetry Logs". Failures that pass are tried again until `exportTimeoutMs`, under one retry token, so that no record arrives
 * twice; then the failure is reported. What a person has to mend is reported at once, since the memory of a program is no place to wait in;
 * so is an answer that counts records as refused. Throws UsageError for options that are wrong, from the constructor; for credentials
 * that cannot be read, as the result of an export.
 */
export class OciLogAnalyticsExporter implements LogRecordExporter {
  readonly #options: z.output<typeof exporterOptions>;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #uploader: Promise<Uploader> | undefined;

  constructor(options: OciLogAnalyticsExporterOptions) {
    const parsed = exporterOptions.safeParse(options);
    if (!parsed.success) {
      const wrong = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
      throw new UsageError("bad-options", `OciLogAnalyticsExporter: ${wrong.join("; ")}`);
    }
    this.#options = parsed.data;
  }

  export(records: ReadableLogRecord[], resultCallback: ResultCallback): void {
    if (this.#closing.signal.aborted) {
      resultCallback({ code: FAILED, error: new Error("the exporter is shut down") });
      return;
    }
    const run = this.#send(records).then(
      () => resultCallback({ code: SUCCESS }),
      (thrown: unknown) => resultCallback({ code: FAILED, error: thrown instanceof Error ? thrown : new Error(String(thrown)) }),
    );
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  /** Waits for the exports under way. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Waits for the exports under way, then closes the connections. Further exports fail. */
  async shutdown(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.forceFlush();
    await (await this.#uploader)?.close();
  }

  async #send(records: readonly ReadableLogRecord[]): Promise<void> {
    if (records.length === 0) return;
    this.#uploader ??= createUploader(this.#options, { baseDir: process.cwd(), env: process.env });
    const uploader = await this.#uploader.catch((error) => {
      this.#uploader = undefined;
      throw error;
    });
    await this.#upload(uploader, records, AbortSignal.timeout(this.#options.exportTimeoutMs));
  }

  /** A request that is too large is halved. */
  async #upload(uploader: Uploader, records: readonly ReadableLogRecord[], signal: AbortSignal): Promise<void> {
    const { namespace, logGroupId, logSet, maxJsonBytes } = this.#options;
    const body = Buffer.from(JsonLogsSerializer.serializeRequest([...records]) ?? []);
    let renewals = 0;
    let last: unknown;
    try {
      if (body.length > maxJsonBytes) throw tooLarge(`larger than ${maxJsonBytes} bytes`);
      const attempt = async (): Promise<void> => {
        const token = tokenOf([namespace, logGroupId, logSet, "OTLP", renewals], [body]);
        const { rejected, reason = "no reason is given" } = await uploader.uploadOtlp(body, records.length, token, signal);
        if (rejected > 0) {
          throw new Failure("batch", "rejected", `${rejected} of ${records.length} records were refused: ${reason}`);
        }
      };
      await retryBriefly(attempt, RETRY, signal, ({ error }) => {
        last = error;
        if (error instanceof StaleTokenError) renewals += 1;
      });
    } catch (error) {
      if (signal.aborted) throw new Error(`not exported within ${this.#options.exportTimeoutMs} ms`, { cause: last ?? error });
      if (!(error instanceof Failure && error.tooLarge) || records.length === 1) throw error;
      const middle = records.length >> 1;
      // Both halves are tried, so that one record that is too large does not take the others with it.
      const halves = [records.slice(0, middle), records.slice(middle)].map((half) => this.#upload(uploader, half, signal));
      const failed = (await Promise.allSettled(halves)).find((half) => half.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
  }
}
