import type { ClientConfiguration, HttpClient } from "oci-common";
import type { models, requests } from "oci-loganalytics";
import { JSON_TYPE, nextPageOf, type OciRequest, OciServiceClient } from "./service-client.ts";

/** The operations of Log Analytics that the program uses, https://docs.oracle.com/iaas/api/#/en/logan-api-spec/20200601/. */
export class LogAnalyticsClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://loganalytics.{region}.oci.{secondLevelDomain}";
    super({ name: "LogAnalytics", endpoint, version: "20200601" }, params, configuration);
  }

  getNamespace({ namespaceName }: requests.GetNamespaceRequest): Promise<models.Namespace | undefined> {
    return this.json("getNamespace", { method: "GET", path: "/namespaces/{namespaceName}", in: { namespaceName } });
  }

  async uploadLogEventsFile(request: Upload & { logGroupId: string; payloadType: "JSON" | "GZIP" | "ZIP" }): Promise<void> {
    const { namespaceName, logGroupId, logSet, payloadType, contentType, opcRetryToken, body } = request;
    await this.send("uploadLogEventsFile", {
      method: "POST",
      path: "/namespaces/{namespaceName}/actions/uploadLogEventsFile",
      in: { namespaceName },
      query: { logGroupId, logSet, payloadType },
      headers: { "content-type": contentType, "opc-retry-token": opcRetryToken },
      body,
      unsignedBody: true,
    });
  }

  async uploadOtlpLogs(request: Upload & { opcMetaLoggrpid: string; opcMetaProperties?: string }): Promise<void> {
    const { namespaceName, opcMetaLoggrpid, logSet, opcMetaProperties, contentType, opcRetryToken, body } = request;
    await this.send("uploadOtlpLogs", {
      method: "POST",
      path: "/namespaces/{namespaceName}/actions/otlp/v1/logs",
      in: { namespaceName },
      headers: {
        "opc-meta-loggrpid": opcMetaLoggrpid,
        "log-set": logSet,
        "content-type": contentType,
        "opc-retry-token": opcRetryToken,
        "opc-meta-properties": opcMetaProperties,
      },
      body,
      unsignedBody: true,
    });
  }

  /** One page. */
  async listFields({
    namespaceName,
    limit,
    page,
  }: Pick<requests.ListFieldsRequest, "namespaceName" | "limit" | "page">): Promise<{
    readonly collection: models.LogAnalyticsFieldCollection | undefined;
    readonly next: string | undefined;
  }> {
    const path = "/namespaces/{namespaceName}/fields";
    const response = await this.send("listFields", { method: "GET", path, in: { namespaceName }, query: { limit, page } });
    return {
      collection: (await response.json()) as models.LogAnalyticsFieldCollection | undefined,
      next: nextPageOf(response),
    };
  }

  upsertField(
    namespaceName: string,
    details: models.UpsertLogAnalyticsFieldDetails,
    how: Upsert = {},
  ): Promise<models.LogAnalyticsField | undefined> {
    return this.#upsert("upsertField", "/namespaces/{namespaceName}/fields/actions/upsert", namespaceName, details, how);
  }

  getParser({ namespaceName, parserName }: requests.GetParserRequest): Promise<Versioned<models.LogAnalyticsParser>> {
    const path = "/namespaces/{namespaceName}/parsers/{parserName}";
    return this.#versioned("getParser", { method: "GET", path, in: { namespaceName, parserName } });
  }

  upsertParser(
    namespaceName: string,
    details: models.UpsertLogAnalyticsParserDetails,
    how: Upsert = {},
  ): Promise<models.LogAnalyticsParser | undefined> {
    return this.#upsert("upsertParser", "/namespaces/{namespaceName}/parsers/actions/upsert", namespaceName, details, how);
  }

  getSource(request: requests.GetSourceRequest): Promise<Versioned<models.LogAnalyticsSource>> {
    const { namespaceName, sourceName, compartmentId } = request;
    const path = "/namespaces/{namespaceName}/sources/{sourceName}";
    return this.#versioned("getSource", { method: "GET", path, in: { namespaceName, sourceName }, query: { compartmentId } });
  }

  /** Warnings of the service about a source do not keep it from being made when `isIgnoreWarning` is set. */
  upsertSource(
    namespaceName: string,
    details: models.UpsertLogAnalyticsSourceDetails,
    how: Upsert & { readonly isIgnoreWarning?: boolean } = {},
  ): Promise<models.LogAnalyticsSource | undefined> {
    return this.#upsert("upsertSource", "/namespaces/{namespaceName}/sources/actions/upsert", namespaceName, details, how);
  }

  async deleteField({ namespaceName, fieldName }: requests.DeleteFieldRequest): Promise<void> {
    await this.#delete("deleteField", "/namespaces/{namespaceName}/fields/{fieldName}", { namespaceName, fieldName });
  }

  async deleteParser({ namespaceName, parserName }: requests.DeleteParserRequest): Promise<void> {
    await this.#delete("deleteParser", "/namespaces/{namespaceName}/parsers/{parserName}", { namespaceName, parserName });
  }

  async deleteSource({ namespaceName, sourceName }: requests.DeleteSourceRequest): Promise<void> {
    await this.#delete("deleteSource", "/namespaces/{namespaceName}/sources/{sourceName}", { namespaceName, sourceName });
  }

  /** One page of the tasks that run saved searches. */
  async listScheduledTasks(
    namespaceName: string,
    query: { readonly compartmentId: string; readonly page?: string; readonly displayName?: string },
  ): Promise<{ readonly collection: models.ScheduledTaskCollection | undefined; readonly next: string | undefined }> {
    const path = "/namespaces/{namespaceName}/scheduledTasks";
    const whole = { taskType: "SAVED_SEARCH", ...query };
    const response = await this.send("listScheduledTasks", { method: "GET", path, in: { namespaceName }, query: whole });
    return { collection: (await response.json()) as models.ScheduledTaskCollection | undefined, next: nextPageOf(response) };
  }

  getScheduledTask(request: requests.GetScheduledTaskRequest): Promise<models.ScheduledTask | undefined> {
    const { namespaceName, scheduledTaskId } = request;
    return this.json("getScheduledTask", { method: "GET", path: SCHEDULED_TASK, in: { namespaceName, scheduledTaskId } });
  }

  createScheduledTask(namespaceName: string, details: object, opcRetryToken: string): Promise<models.ScheduledTask | undefined> {
    return this.json("createScheduledTask", {
      method: "POST",
      path: "/namespaces/{namespaceName}/scheduledTasks",
      in: { namespaceName },
      headers: { ...JSON_TYPE, "opc-retry-token": opcRetryToken },
      body: JSON.stringify(details),
    });
  }

  updateScheduledTask(
    namespaceName: string,
    scheduledTaskId: string,
    details: object,
  ): Promise<models.ScheduledTask | undefined> {
    const body = JSON.stringify(details);
    return this.json("updateScheduledTask", {
      method: "PUT",
      path: SCHEDULED_TASK,
      in: { namespaceName, scheduledTaskId },
      body,
    });
  }

  async deleteScheduledTask({ namespaceName, scheduledTaskId }: requests.DeleteScheduledTaskRequest): Promise<void> {
    const parts = { namespaceName, scheduledTaskId };
    await this.send("deleteScheduledTask", { method: "DELETE", path: SCHEDULED_TASK, in: parts });
  }

  query(namespaceName: string, details: object): Promise<models.QueryAggregation | undefined> {
    const path = "/namespaces/{namespaceName}/search/actions/query";
    return this.json("query", { method: "POST", path, in: { namespaceName }, body: JSON.stringify(details) });
  }

  getLookup({ namespaceName, lookupName }: requests.GetLookupRequest): Promise<models.LogAnalyticsLookup | undefined> {
    return this.json("getLookup", { method: "GET", path: LOOKUP, in: { namespaceName, lookupName } });
  }

  /** `description` is percent-encoded. */
  registerLookup(
    namespaceName: string,
    query: { readonly name: string; readonly description: string; readonly type: "Lookup" | "Dictionary" },
    body: string,
    opcRetryToken: string,
  ): Promise<models.LogAnalyticsLookup | undefined> {
    return this.json("registerLookup", {
      method: "POST",
      path: "/namespaces/{namespaceName}/lookups/actions/register",
      in: { namespaceName },
      query,
      headers: { "opc-retry-token": opcRetryToken },
      body,
    });
  }

  updateLookup(
    { namespaceName, lookupName }: requests.GetLookupRequest,
    details: models.UpdateLookupMetadataDetails,
  ): Promise<models.LogAnalyticsLookup | undefined> {
    return this.json("updateLookup", {
      method: "PUT",
      path: LOOKUP,
      in: { namespaceName, lookupName },
      headers: { ...JSON_TYPE, "opc-retry-token": undefined },
      body: JSON.stringify(details),
    });
  }

  /** Replaces the rows, or with `appendData` adds to them, whatever uses the lookup. */
  async changeLookupData(
    action: "updateData" | "appendData",
    { namespaceName, lookupName }: requests.GetLookupRequest,
    body: string,
    opcRetryToken: string,
  ): Promise<void> {
    await this.send(action === "updateData" ? "updateLookupData" : "appendLookupData", {
      method: "POST",
      path: `${LOOKUP}/actions/${action}`,
      in: { namespaceName, lookupName },
      query: { isForce: true },
      headers: { "opc-retry-token": opcRetryToken },
      body,
    });
  }

  #upsert<T>(
    operation: string,
    path: string,
    namespaceName: string,
    details: object,
    { etag, opcRetryToken, ...query }: Upsert & { readonly isIgnoreWarning?: boolean },
  ): Promise<T | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken, "if-match": etag };
    return this.json(operation, { method: "POST", path, in: { namespaceName }, query, headers, body: JSON.stringify(details) });
  }

  async #versioned<T>(operation: string, request: OciRequest): Promise<Versioned<T>> {
    const response = await this.send(operation, request);
    return { value: (await response.json()) as T | undefined, etag: response.headers.get("etag") ?? undefined };
  }

  async #delete(operation: string, path: string, parts: Readonly<Record<string, string>>): Promise<void> {
    await this.send(operation, { method: "DELETE", path, in: parts, headers: { ...JSON_TYPE, "opc-retry-token": undefined } });
  }
}

const SCHEDULED_TASK = "/namespaces/{namespaceName}/scheduledTasks/{scheduledTaskId}";
const LOOKUP = "/namespaces/{namespaceName}/lookups/{lookupName}";

interface Upsert {
  /** Of what is updated, as it was read. */
  readonly etag?: string | undefined;
  /** The same for each attempt; without it every attempt is a request of its own. */
  readonly opcRetryToken?: string;
}

export interface Versioned<T> {
  readonly value: T | undefined;
  readonly etag: string | undefined;
}

interface Upload {
  readonly namespaceName: string;
  readonly logSet?: string;
  readonly contentType: string;
  readonly opcRetryToken: string;
  readonly body: Buffer;
}
