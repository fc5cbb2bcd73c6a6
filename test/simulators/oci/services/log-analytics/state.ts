import { type Call, ServiceError } from "../../service.ts";
import { ContentStore } from "./content.ts";
import type { Lookup } from "./lookups.ts";
import { RetryTokens } from "./retry-tokens.ts";
import type { Task } from "./scheduled-tasks.ts";
import type { TakenFile, TakenOtlp, TakenRecord } from "./uploads.ts";

export interface LogAnalyticsOptions {
  readonly namespace: string;
  readonly now?: () => number;
}

/** What a tenancy's Log Analytics holds. */
export class State {
  readonly namespace: string;
  readonly now: () => number;
  readonly tokens: RetryTokens;
  readonly logGroups = new Set<string>();
  readonly entities = new Set<string>();
  /** Names of the sources that exist without anybody making them. */
  readonly builtInSources = new Set(["OCI VCN Flow Logs", "OCI VCN Flow Unified Schema Logs", "OpenTelemetry Logs"]);
  readonly records: TakenRecord[] = [];
  readonly otlp: TakenOtlp[] = [];
  readonly files: TakenFile[] = [];
  readonly content = new ContentStore();
  readonly lookups = new Map<string, Lookup>();
  readonly tasks = new Map<string, Task>();
  isOnboarded = true;
  isLogSetEnabled = false;

  constructor({ namespace, now = Date.now }: LogAnalyticsOptions) {
    this.namespace = namespace;
    this.now = now;
    this.tokens = new RetryTokens(now);
  }

  hasSource(name: string): boolean {
    return this.builtInSources.has(name) || this.content.sources.has(name);
  }

  checkNamespace({ params }: Call): void {
    if (params.namespace !== this.namespace) throw notFound();
  }

  logGroup(id: string | null): string {
    if (id === null || id === "") throw new ServiceError(400, "InvalidParameter", "The log group is missing");
    if (!this.logGroups.has(id)) throw notFound();
    return id;
  }

  checkLogSet(logSet: string | undefined): void {
    if (this.isLogSetEnabled && (logSet === undefined || logSet === "")) {
      throw new ServiceError(400, "InvalidParameter", "The log set is missing, and log sets are enabled for the tenancy");
    }
  }
}

/** The one answer for what is not there and for what must not be seen. */
export function notFound(): ServiceError {
  return new ServiceError(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.");
}
