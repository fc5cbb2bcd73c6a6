import { n as OciServiceClient, r as nextPageOf, t as JSON_TYPE } from "./service-client-Cn_brf2f.js";
// src/clouds/oci/log-analytics.ts
/** The operations of Log Analytics that the program uses, https://docs.oracle.com/iaas/api/#/en/logan-api-spec/20200601/. */
var LogAnalyticsClient = class extends OciServiceClient {
	constructor(params, configuration) {
		super({
			name: "LogAnalytics",
			endpoint: "https://loganalytics.{region}.oci.{secondLevelDomain}",
			version: "20200601"
		}, params, configuration);
	}
	getNamespace({ namespaceName }) {
		return this.json("getNamespace", {
			method: "GET",
			path: "/namespaces/{namespaceName}",
			in: { namespaceName }
		});
	}
	async uploadLogEventsFile(request) {
		const { namespaceName, logGroupId, logSet, payloadType, contentType, opcRetryToken, body } = request;
		await this.send("uploadLogEventsFile", {
			method: "POST",
			path: "/namespaces/{namespaceName}/actions/uploadLogEventsFile",
			in: { namespaceName },
			query: {
				logGroupId,
				logSet,
				payloadType
			},
			headers: {
				"content-type": contentType,
				"opc-retry-token": opcRetryToken
			},
			body,
			unsignedBody: true
		});
	}
	async uploadOtlpLogs(request) {
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
				"opc-meta-properties": opcMetaProperties
			},
			body,
			unsignedBody: true
		});
	}
	/** One page. */
	async listFields({ namespaceName, limit, page }) {
		const response = await this.send("listFields", {
			method: "GET",
			path: "/namespaces/{namespaceName}/fields",
			in: { namespaceName },
			query: {
				limit,
				page
			}
		});
		return {
			collection: await response.json(),
			next: nextPageOf(response)
		};
	}
	upsertField(namespaceName, details, how = {}) {
		return this.#upsert("upsertField", "/namespaces/{namespaceName}/fields/actions/upsert", namespaceName, details, how);
	}
	getParser({ namespaceName, parserName }) {
		return this.#versioned("getParser", {
			method: "GET",
			path: "/namespaces/{namespaceName}/parsers/{parserName}",
			in: {
				namespaceName,
				parserName
			}
		});
	}
	upsertParser(namespaceName, details, how = {}) {
		return this.#upsert("upsertParser", "/namespaces/{namespaceName}/parsers/actions/upsert", namespaceName, details, how);
	}
	getSource(request) {
		const { namespaceName, sourceName, compartmentId } = request;
		return this.#versioned("getSource", {
			method: "GET",
			path: "/namespaces/{namespaceName}/sources/{sourceName}",
			in: {
				namespaceName,
				sourceName
			},
			query: { compartmentId }
		});
	}
	/** Warnings of the service about a source do not keep it from being made when `isIgnoreWarning` is set. */
	upsertSource(namespaceName, details, how = {}) {
		return this.#upsert("upsertSource", "/namespaces/{namespaceName}/sources/actions/upsert", namespaceName, details, how);
	}
	async deleteField({ namespaceName, fieldName }) {
		await this.#delete("deleteField", "/namespaces/{namespaceName}/fields/{fieldName}", {
			namespaceName,
			fieldName
		});
	}
	async deleteParser({ namespaceName, parserName }) {
		await this.#delete("deleteParser", "/namespaces/{namespaceName}/parsers/{parserName}", {
			namespaceName,
			parserName
		});
	}
	async deleteSource({ namespaceName, sourceName }) {
		await this.#delete("deleteSource", "/namespaces/{namespaceName}/sources/{sourceName}", {
			namespaceName,
			sourceName
		});
	}
	/** One page of the tasks that run saved searches. */
	async listScheduledTasks(namespaceName, query) {
		const path = "/namespaces/{namespaceName}/scheduledTasks";
		const whole = {
			taskType: "SAVED_SEARCH",
			...query
		};
		const response = await this.send("listScheduledTasks", {
			method: "GET",
			path,
			in: { namespaceName },
			query: whole
		});
		return {
			collection: await response.json(),
			next: nextPageOf(response)
		};
	}
	getScheduledTask(request) {
		const { namespaceName, scheduledTaskId } = request;
		return this.json("getScheduledTask", {
			method: "GET",
			path: SCHEDULED_TASK,
			in: {
				namespaceName,
				scheduledTaskId
			}
		});
	}
	createScheduledTask(namespaceName, details, opcRetryToken) {
		return this.json("createScheduledTask", {
			method: "POST",
			path: "/namespaces/{namespaceName}/scheduledTasks",
			in: { namespaceName },
			headers: {
				...JSON_TYPE,
				"opc-retry-token": opcRetryToken
			},
			body: JSON.stringify(details)
		});
	}
	updateScheduledTask(namespaceName, scheduledTaskId, details) {
		const body = JSON.stringify(details);
		return this.json("updateScheduledTask", {
			method: "PUT",
			path: SCHEDULED_TASK,
			in: {
				namespaceName,
				scheduledTaskId
			},
			body
		});
	}
	async deleteScheduledTask({ namespaceName, scheduledTaskId }) {
		const parts = {
			namespaceName,
			scheduledTaskId
		};
		await this.send("deleteScheduledTask", {
			method: "DELETE",
			path: SCHEDULED_TASK,
			in: parts
		});
	}
	query(namespaceName, details) {
		return this.json("query", {
			method: "POST",
			path: "/namespaces/{namespaceName}/search/actions/query",
			in: { namespaceName },
			body: JSON.stringify(details)
		});
	}
	getLookup({ namespaceName, lookupName }) {
		return this.json("getLookup", {
			method: "GET",
			path: LOOKUP,
			in: {
				namespaceName,
				lookupName
			}
		});
	}
	/** `description` is percent-encoded. */
	registerLookup(namespaceName, query, body, opcRetryToken) {
		return this.json("registerLookup", {
			method: "POST",
			path: "/namespaces/{namespaceName}/lookups/actions/register",
			in: { namespaceName },
			query,
			headers: { "opc-retry-token": opcRetryToken },
			body
		});
	}
	updateLookup({ namespaceName, lookupName }, details) {
		return this.json("updateLookup", {
			method: "PUT",
			path: LOOKUP,
			in: {
				namespaceName,
				lookupName
			},
			headers: {
				...JSON_TYPE,
				"opc-retry-token": void 0
			},
			body: JSON.stringify(details)
		});
	}
	/** Replaces the rows, or with `appendData` adds to them, whatever uses the lookup. */
	async changeLookupData(action, { namespaceName, lookupName }, body, opcRetryToken) {
		await this.send(action === "updateData" ? "updateLookupData" : "appendLookupData", {
			method: "POST",
			path: `${LOOKUP}/actions/${action}`,
			in: {
				namespaceName,
				lookupName
			},
			query: { isForce: true },
			headers: { "opc-retry-token": opcRetryToken },
			body
		});
	}
	#upsert(operation, path, namespaceName, details, { etag, opcRetryToken, ...query }) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken,
			"if-match": etag
		};
		return this.json(operation, {
			method: "POST",
			path,
			in: { namespaceName },
			query,
			headers,
			body: JSON.stringify(details)
		});
	}
	async #versioned(operation, request) {
		const response = await this.send(operation, request);
		return {
			value: await response.json(),
			etag: response.headers.get("etag") ?? void 0
		};
	}
	async #delete(operation, path, parts) {
		await this.send(operation, {
			method: "DELETE",
			path,
			in: parts,
			headers: {
				...JSON_TYPE,
				"opc-retry-token": void 0
			}
		});
	}
};
const SCHEDULED_TASK = "/namespaces/{namespaceName}/scheduledTasks/{scheduledTaskId}";
const LOOKUP = "/namespaces/{namespaceName}/lookups/{lookupName}";
export { LogAnalyticsClient };
