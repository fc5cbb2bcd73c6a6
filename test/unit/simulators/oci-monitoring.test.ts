import { ConfigFileAuthenticationDetailsProvider, NoRetryConfigurationDetails } from "oci-common";
import { MonitoringClient, type models } from "oci-monitoring";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { Monitoring } from "../../simulators/oci/services/monitoring.ts";
import { refusal, signedFetch } from "./oci-clients.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";
const TOPIC = "ocid1.onstopic.oc1.phx.known";

let oci: Oci;
let service: Monitoring;
let client: MonitoringClient;

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  if (service !== undefined) oci.removeService(service);
  service = new Monitoring((id) => id === TOPIC);
  oci.addService(service);
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT");
  client = new MonitoringClient({ authenticationDetailsProvider }, { retryConfiguration: NoRetryConfigurationDetails });
  client.endpoint = oci.endpoint;
});

const wanted = (changes: Partial<models.CreateAlarmDetails> = {}): models.CreateAlarmDetails => ({
  displayName: "High CPU: now",
  compartmentId: COMPARTMENT,
  metricCompartmentId: COMPARTMENT,
  namespace: "flowferry",
  query: "beacon[5m].max() > 0",
  severity: "ERROR",
  body: "text",
  pendingDuration: "PT5M",
  destinations: [TOPIC],
  isEnabled: true,
  ...changes,
});
const create = (changes?: Partial<models.CreateAlarmDetails>, opcRetryToken?: string) =>
  client.createAlarm({ createAlarmDetails: wanted(changes), ...(opcRetryToken === undefined ? {} : { opcRetryToken }) });

it("makes an alarm once for a retry token; titles need not be unique", async () => {
  const { alarm, etag } = await create({}, "token");
  expect((await create({}, "token")).alarm).toEqual(alarm);
  await create();
  expect(service.alarms.size).toBe(2);
  const got = await client.getAlarm({ alarmId: alarm.id });
  expect([got.alarm.body, got.etag]).toEqual(["text", etag]);
  const update = { alarmId: alarm.id, updateAlarmDetails: { isEnabled: false }, ifMatch: etag };
  expect((await client.updateAlarm(update)).alarm).toMatchObject({ isEnabled: false, query: "beacon[5m].max() > 0" });
  expect(await refusal(client.updateAlarm(update))).toMatchObject({ status: 412 });
  await client.deleteAlarm({ alarmId: alarm.id });
  expect(await refusal(client.getAlarm({ alarmId: alarm.id }))).toMatchObject({ status: 404 });
});

it("lists what a compartment has, in pages and without details", async () => {
  for (const displayName of ["a", "b", "c"]) await create({ displayName });
  const first = await client.listAlarms({ compartmentId: COMPARTMENT, limit: 2 });
  expect(first.items.map(({ displayName }) => displayName)).toEqual(["a", "b"]);
  expect(first.items[0]).not.toHaveProperty("body");
  const page = encodeURIComponent(first.opcNextPage);
  const second = await client.listAlarms({ compartmentId: COMPARTMENT, limit: 2, page });
  expect(second.items.map(({ displayName }) => displayName)).toEqual(["c"]);
  expect((await client.listAlarms({ compartmentId: COMPARTMENT, displayName: "b" })).items).toHaveLength(1);
  expect((await client.listAlarms({ compartmentId: "ocid1.tenancy.oc1..other" })).items).toEqual([]);
});

it.each<[string, Partial<models.CreateAlarmDetails>, number]>([
  ["no title", { displayName: "" }, 400],
  ["another severity", { severity: "HIGH" }, 400],
  ["a compartment that is none", { metricCompartmentId: "x" }, 400],
  ["no interval", { query: "beacon.max() > 0" }, 400],
  ["no statistic", { query: "beacon[5m] > 0" }, 400],
  ["no trigger rule", { query: "beacon[5m].max()" }, 400],
  ["a function that is none", { query: "beacon[5m].maximum() > 0" }, 400],
  ["dimensions without quotes", { query: "beacon[5m]{a = b}.max() > 0" }, 400],
  ["a long duration", { pendingDuration: "PT2H" }, 400],
  ["no destination", { destinations: [] }, 400],
  ["a destination of another kind", { destinations: ["ocid1.instance.oc1.phx.x"] }, 400],
  ["two topics", { destinations: [TOPIC, TOPIC] }, 400],
  ["a topic that is not there", { destinations: ["ocid1.onstopic.oc1.phx.none"] }, 404],
])("refuses an alarm with %s", async (_, changes, status) => {
  expect(await refusal(create(changes))).toMatchObject({ status });
});

it.each([
  // The examples of the SDK's documentation.
  'CpuUtilization[1m]{availabilityDomain="cumS:PHX-AD-1"}.groupBy(availabilityDomain).percentile(0.9) > 85',
  'CpuUtilization[1m]{availabilityDomain="cumS:PHX-AD-1"}.absent()',
  'CpuUtilization[1m]{availabilityDomain="cumS:PHX-AD-1"}.absent(20h)',
])("takes %s", async (query) => {
  expect((await create({ query })).alarm.query).toBe(query);
});

it("needs a signature over the body", async () => {
  const post = { method: "POST", body: JSON.stringify(wanted()) };
  expect((await signedFetch(oci, "/20180401/alarms", post)).status).toBe(401);
});
