import type { ClientConfiguration, HttpClient } from "oci-common";
import type { models } from "oci-monitoring";
import { JSON_TYPE, nextPageOf, OciServiceClient } from "../service-client.ts";

/** The operations of Monitoring that the program uses, https://docs.oracle.com/iaas/api/#/en/monitoring/20180401/. */
export class MonitoringClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://telemetry.{region}.{secondLevelDomain}";
    super({ name: "Monitoring", endpoint, version: "20180401" }, params, configuration);
  }

  /** One page. */
  async listAlarms(query: {
    readonly compartmentId: string;
    readonly limit: number;
    readonly page?: string;
  }): Promise<{ readonly items: models.AlarmSummary[] | undefined; readonly next: string | undefined }> {
    const response = await this.send("listAlarms", { method: "GET", path: "/alarms", in: {}, query });
    return { items: (await response.json()) as models.AlarmSummary[] | undefined, next: nextPageOf(response) };
  }

  getAlarm(alarmId: string): Promise<models.Alarm | undefined> {
    return this.json("getAlarm", { method: "GET", path: ALARM, in: { alarmId } });
  }

  createAlarm(details: object, opcRetryToken: string): Promise<models.Alarm | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken };
    return this.json("createAlarm", { method: "POST", path: "/alarms", in: {}, headers, body: JSON.stringify(details) });
  }

  updateAlarm(alarmId: string, details: object): Promise<models.Alarm | undefined> {
    return this.json("updateAlarm", { method: "PUT", path: ALARM, in: { alarmId }, body: JSON.stringify(details) });
  }

  deleteAlarm(alarmId: string): Promise<object> {
    return this.send("deleteAlarm", { method: "DELETE", path: ALARM, in: { alarmId } });
  }
}

const ALARM = "/alarms/{alarmId}";
