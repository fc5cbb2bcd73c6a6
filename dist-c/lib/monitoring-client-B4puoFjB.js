import { n as OciServiceClient, r as nextPageOf, t as JSON_TYPE } from "./service-client-Cn_brf2f.js";
// src/clouds/oci/content/monitoring-client.ts
/** The operations of Monitoring that the program uses, https://docs.oracle.com/iaas/api/#/en/monitoring/20180401/. */
var MonitoringClient = class extends OciServiceClient {
	constructor(params, configuration) {
		super({
			name: "Monitoring",
			endpoint: "https://telemetry.{region}.{secondLevelDomain}",
			version: "20180401"
		}, params, configuration);
	}
	/** One page. */
	async listAlarms(query) {
		const response = await this.send("listAlarms", {
			method: "GET",
			path: "/alarms",
			in: {},
			query
		});
		return {
			items: await response.json(),
			next: nextPageOf(response)
		};
	}
	getAlarm(alarmId) {
		return this.json("getAlarm", {
			method: "GET",
			path: ALARM,
			in: { alarmId }
		});
	}
	createAlarm(details, opcRetryToken) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken
		};
		return this.json("createAlarm", {
			method: "POST",
			path: "/alarms",
			in: {},
			headers,
			body: JSON.stringify(details)
		});
	}
	updateAlarm(alarmId, details) {
		return this.json("updateAlarm", {
			method: "PUT",
			path: ALARM,
			in: { alarmId },
			body: JSON.stringify(details)
		});
	}
	deleteAlarm(alarmId) {
		return this.send("deleteAlarm", {
			method: "DELETE",
			path: ALARM,
			in: { alarmId }
		});
	}
};
const ALARM = "/alarms/{alarmId}";
export { MonitoringClient };
