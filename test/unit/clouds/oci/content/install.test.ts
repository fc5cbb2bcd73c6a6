import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigFileAuthenticationDetailsProvider, NoRetryConfigurationDetails } from "oci-common";
import { LogAnalyticsClient, models as logAnalyticsModels } from "oci-loganalytics";
import { DashxApisClient } from "oci-managementdashboard";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ociConnectionOptions } from "../../../../../src/clouds/oci/connection.ts";
import { buildContent, type Content } from "../../../../../src/clouds/oci/content/build.ts";
import { readDefinition, readDetections } from "../../../../../src/clouds/oci/content/definition.ts";
import { openInstaller } from "../../../../../src/clouds/oci/content/open.ts";
import { carryOut, type Outcome } from "../../../../../src/install/carry-out.ts";
import { type Installation, keyOf, type Step } from "../../../../../src/install/step.ts";
import { asset } from "../../../../../src/lib/assets.ts";
import { describeError } from "../../../../../src/lib/errors.ts";
import { isThorough } from "../../../../runs.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import type { Named } from "../../../../simulators/oci/services/log-analytics/content.ts";
import { faultOf } from "../../../../simulators/oci/services/log-analytics/query.ts";
import { LogAnalytics } from "../../../../simulators/oci/services/log-analytics.ts";
import { ManagementDashboard } from "../../../../simulators/oci/services/management-dashboard.ts";
import type { RawAnswer } from "../../../../simulators/raw-answer.ts";
import { hurry } from "../../../hurry.ts";
import { batchOf, flowOf, LOG_GROUP, sinkOn } from "../../../sinks/log-analytics-parts.ts";
import { write } from "../../../sinks/writing.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";
const never = new AbortController().signal;
const shipped = buildContent(readDefinition());
/** As much of each kind as the tests speak of: what is installed is asked for one by one. */
const content = someOf(shipped);
const sizeOf = ({ fields, searches, dashboards, tasks }: Content): number =>
  fields.length + 2 + searches.length + dashboards.length + tasks.length;
const EVERYTHING = sizeOf(content);

function someOf({ fields, parser, dashboards, searches, tasks, ...rest }: Content): Content {
  const own = fields.filter(({ displayName }, index) => index < 6 || ["Traffic To", "Packets Out"].includes(displayName));
  const left = new Set(fields.filter((field) => !own.includes(field)).map(({ displayName }) => displayName));
  const boards = dashboards.slice(0, 2).map((board) => ({ ...board, tiles: board.tiles.slice(0, 3) }));
  const shown = new Set(boards.flatMap(({ tiles }) => tiles.map(({ savedSearchId }) => savedSearchId)));
  const run = tasks.slice(0, 4);
  return {
    ...rest,
    fields: own,
    parser: { ...parser, fieldMaps: parser.fieldMaps.filter(({ field }) => !left.has(field.displayName)) },
    searches: searches.filter((one) => shown.has(one.id) || run.some(({ search }) => search === one.displayName)),
    tasks: run,
    dashboards: boards,
  };
}

function withFewBoards(of: Content): Content {
  const { dashboards, searches } = someOf(of);
  const run = new Set(of.tasks.map(({ search }) => search));
  return { ...of, dashboards, searches: of.searches.filter((one) => searches.includes(one) || run.has(one.displayName)) };
}

let oci: Oci;
let analytics: LogAnalytics;
let dashboards: ManagementDashboard;
let installer: Installation;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(async () => {
  hurry();
  analytics = new LogAnalytics({ namespace: oci.namespace });
  dashboards = new ManagementDashboard();
  oci.addService(analytics);
  oci.addService(dashboards);
  oci.requests.clear();
  installer = await open();
});
afterEach(async () => {
  await installer.close();
  oci.removeService(analytics);
  oci.removeService(dashboards);
  oci.faults.clear();
});

function open(wanted = content, patienceMs = 20_000) {
  const connection = ociConnectionOptions.parse({ endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config } });
  return openInstaller(
    wanted,
    { connection, namespace: oci.namespace, compartmentId: COMPARTMENT, dashboardEndpoint: oci.endpoint, patienceMs },
    { baseDir: "/", env: {} },
  );
}

const actions = (steps: readonly Step[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { action } of steps) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
};

async function install(which = installer): Promise<Record<string, number>> {
  const steps = await which.steps(never);
  for (const step of steps) if (step.action !== "none") await step.run(never);
  return actions(steps);
}

/** What becomes of the steps that are due. */
async function outcomesOf(steps: readonly Step[]): Promise<Outcome[]> {
  return Array.fromAsync(
    carryOut(
      steps.filter(({ action }) => action !== "none"),
      never,
    ),
  );
}
const undone = (outcomes: readonly Outcome[]): [string, string, string][] =>
  outcomes.flatMap(({ step, result, reason = "" }) => (result === "done" ? [] : [[keyOf(step), result, reason]]));
const refusedIn = (steps: readonly Step[]): [string, string | undefined, string][] =>
  steps.flatMap((step) => (step.refusal === undefined ? [] : [[keyOf(step), step.refusal.code, describeError(step.refusal)]]));

const changes = (): number => oci.requests.all.filter(({ method }) => method !== "GET").length;

describe("install", () => {
  it("makes everything, and changes nothing the second time", async () => {
    const everything = sizeOf(shipped);
    const whole = await open(shipped);
    expect(actions(await whole.steps(never))).toEqual({ create: everything });
    expect(changes()).toBe(0);
    expect(await install(whole)).toEqual({ create: everything });
    const made = changes();
    expect(made).toBe(everything);
    expect(await install(whole)).toEqual({ none: everything });
    expect(changes()).toBe(made);
    expect(dashboards.savedSearches.size).toBe(shipped.searches.length);
    expect(dashboards.dashboards.size).toBe(shipped.dashboards.length);
    expect(analytics.state.hasSource(shipped.source.name)).toBe(true);
    await whole.close();
  });

  it("makes a parser that reads what the sink uploads, field by field", async () => {
    const whole = await open({ ...shipped, searches: [], dashboards: [] });
    await install(whole);
    await whole.close();
    analytics.state.logGroups.add(LOG_GROUP);
    const sink = await sinkOn(oci);
    const flow = flowOf("k", 1, { destinationService: "HTTPS", destinationServer: "web-1", detections: ["a", "b"] });
    await write(sink, batchOf([flow]), never);
    await sink.close();
    expect(parsed(analytics, analytics.state.records[0]?.text ?? "")).toMatchObject({
      Time: new Date(flow.time).toISOString(),
      Action: "accept",
      "Source IP": "10.0.0.1",
      "Source Port": 40_001,
      "Destination IP": "10.0.1.7",
      "Destination Port": 443,
      "Protocol (Transport)": "tcp",
      "Protocol Number": 6,
      "Content Size Out": 1001,
      "Packets In": 10,
      Status: "OK",
      "OCI Resource OCID": "ocid1.vnic.oc1.phx.eeee",
      "Traffic To": "HTTPS",
      "Destination Server": "web-1",
      "Flow Detections": "a,b",
      "Flow UID": flow.uid,
    });
  });

  it("shows and repairs what was changed by others", async () => {
    await install();
    const { fields, sources } = analytics.state.content;
    const field = [...fields.values()].find(({ displayName }) => displayName === "Traffic To") as Named;
    fields.set(field.name, { ...field, description: "changed" });
    sources.delete(content.source.name);
    const search = [...dashboards.savedSearches.values()][3];
    if (search === undefined) throw new Error("there are no searches");
    dashboards.savedSearches.set(search.id, { ...search, uiConfig: { ...(search.uiConfig as object), queryString: "*" } });
    const board = [...dashboards.dashboards.values()][1];
    if (board === undefined) throw new Error("there are no dashboards");
    dashboards.dashboards.set(board.id, { ...board, tiles: [] });
    const due = (await installer.steps(never)).filter(({ action }) => action !== "none");
    expect(due.map(({ kind, name, action, differences }) => [kind, name, action, differences])).toEqual([
      ["field", "Traffic To", "update", ["description"]],
      ["source", content.source.displayName, "create", []],
      ["saved search", search.displayName, "update", ["uiConfig.queryString"]],
      ["dashboard", board.displayName, "update", ["tiles"]],
    ]);
    await install();
    expect(await install()).toEqual({ none: EVERYTHING });
  });

  it("survives throttling and lost answers", async () => {
    oci.faults.add({ after: 5, times: 2 }, { status: 429, headers: { "retry-after": "0" } });
    oci.faults.add({ on: "upsert-parser" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "get-source" }, { status: 500 });
    oci.faults.add({ on: "create-savedSearch", after: 3 }, { loseAnswer: "reset" });
    oci.faults.add({ on: "create-dashboard", after: 1 }, { loseAnswer: "reset" });
    await install();
    expect(await install()).toEqual({ none: EVERYTHING });
  });

  it("leaves alone what others made under a title of ours", async () => {
    await install();
    const search = [...dashboards.savedSearches.values()][0];
    if (search === undefined) throw new Error("there are no searches");
    dashboards.savedSearches.set(search.id, { ...search, freeformTags: {} });
    const steps = await installer.steps(never);
    expect(refusedIn(steps)).toEqual([
      [
        `saved search ${search.displayName}`,
        "content-conflict",
        expect.stringContaining(`there is a saved search "${search.displayName}" that flowferry did not make`),
      ],
    ]);
    expect(actions(steps)).toEqual({ refused: 1, none: EVERYTHING - 1 });
    expect(actions(await installer.removal(never))).toEqual({ delete: EVERYTHING - 1 });
  });

  it("names a field of another type, leaves it out of the parser, and makes the rest", async () => {
    analytics.state.content.fields.set("x", {
      name: "x",
      displayName: "Traffic To",
      dataType: "LONG",
      isSystem: false,
      editVersion: 1,
    });
    const steps = await installer.steps(never);
    expect(undone(await outcomesOf(steps))).toEqual([
      ["field Traffic To", "refused", expect.stringMatching(/^field Traffic To exists with type LONG, not STRING/)],
    ]);
    const maps = analytics.state.content.parsers.get(content.parser.name)?.fieldMaps as { field: Named }[];
    expect(maps.map(({ field }) => field.displayName)).not.toContain("Traffic To");
    expect(maps).toHaveLength(content.parser.fieldMaps.length - 1);
    expect(steps.flatMap((step) => step.notice?.() ?? [])).toEqual(["the parser leaves out Traffic To, which could not be made"]);
    expect([dashboards.savedSearches.size, dashboards.dashboards.size]).toEqual([
      content.searches.length,
      content.dashboards.length,
    ]);
  });

  it("takes fields that may hold several values when the tenancy has no other fields of text left, and counts them", async () => {
    const strings = content.fields.filter(({ dataType }) => dataType === "STRING").length;
    analytics.state.content.singleValuedStrings = strings - 3;
    const steps = await installer.steps(never);
    expect(undone(await outcomesOf(steps))).toEqual([]);
    const counted = "3 fields of text may hold several values, since the tenancy has no more single-valued ones";
    expect(steps.flatMap((step) => step.notice?.() ?? [])).toEqual([counted]);
    const again = await installer.steps(never);
    expect(actions(again)).toEqual({ none: EVERYTHING });
    expect(again.flatMap((step) => step.notice?.() ?? [])).toEqual([counted]);
  });

  it("uses a field of the service that has the title of ours, and makes no other", async () => {
    const packetsOut = { name: "pktsout", displayName: "Packets Out", dataType: "INTEGER", isSystem: true, editVersion: 1 };
    analytics.state.content.fields.set("pktsout", packetsOut);
    expect(await install()).toEqual({ create: EVERYTHING - 1, none: 1 });
    const maps = analytics.state.content.parsers.get(content.parser.name)?.fieldMaps as { storageFieldName: string }[];
    expect(maps.map(({ storageFieldName }) => storageFieldName)).toContain("pktsout");
  });

  it("updates parser and source in the version that it has read", async () => {
    await install();
    const { parsers, sources } = analytics.state.content;
    for (const held of [parsers, sources]) for (const [name, one] of held) held.set(name, { ...one, description: "changed" });
    expect(await install()).toEqual({ update: 2, none: EVERYTHING - 2 });
    expect(await install()).toEqual({ none: EVERYTHING });
  });

  it("names the policy that is missing, and gives up in the end", async () => {
    oci.faults.add({ on: "list-fields" }, { status: 404 });
    const [group, ...others] = await installer.steps(never);
    expect(refusedIn(group === undefined ? [] : [group])).toEqual([
      [
        "fields, parser and source",
        "not-authorized",
        expect.stringContaining("Allow group <the user's group> to manage loganalytics-features-family in tenancy"),
      ],
    ]);
    // What hangs together with the refused is asked for once; the others go on.
    expect(oci.requests.count("list-fields")).toBe(1);
    expect(actions(others)).toEqual({ create: content.searches.length + content.dashboards.length });
    const impatient = await open(content, 600);
    oci.faults.add({ on: "list-fields", times: Number.POSITIVE_INFINITY }, { status: 503 });
    const [givenUp] = await impatient.steps(never);
    expect(givenUp?.refusal).toMatchObject({ drawer: "passing", code: "no-success" });
    expect(givenUp?.refusal?.message).toMatch(/^given up after 1 s: ListFields .*503/);
    expect(oci.requests.count("list-fields")).toBeGreaterThan(2);
    await impatient.close();
  });

  it("goes on after one refusal, without what hangs on it", async () => {
    const [board] = content.dashboards;
    const ids = new Set(board?.tiles.map(({ savedSearchId }) => savedSearchId));
    const search = content.searches.find(({ id }) => ids.has(id));
    if (board === undefined || search === undefined) throw new Error("there is no dashboard");
    const at = content.searches.indexOf(search);
    oci.faults.add({ on: "create-savedSearch", after: at }, { status: 400, message: "The query is too long" });
    const left = undone(await outcomesOf(await installer.steps(never)));
    const users = content.dashboards.filter(({ tiles }) => tiles.some(({ savedSearchId }) => savedSearchId === search.id));
    const key = `saved search ${search.displayName}`;
    expect(left).toEqual([
      [key, "refused", expect.stringContaining("400 InvalidParameter: The query is too long")],
      ...users.map(({ displayName }) => [`dashboard ${displayName}`, "left-out", `left out because of ${key}`]),
    ]);
    expect(dashboards.savedSearches.size).toBe(content.searches.length - 1);
    expect(await install()).toEqual({ create: 1 + users.length, none: EVERYTHING - 1 - users.length });
    expect(await install()).toEqual({ none: EVERYTHING });
  });

  it("tells a policy that is missing for changes once, and leaves the like of it out", async () => {
    oci.faults.add({ on: "create-savedSearch", times: Number.POSITIVE_INFINITY }, { status: 403, code: "NotAllowed" });
    const left = undone(await outcomesOf(await installer.steps(never)));
    expect(oci.requests.count("create-savedSearch")).toBe(1);
    expect(left.filter(([, result]) => result === "refused")).toEqual([
      [
        `saved search ${content.searches[0]?.displayName}`,
        "refused",
        expect.stringContaining(`to manage management-dashboard-family in compartment id ${COMPARTMENT}`),
      ],
    ]);
    expect(left[1]?.[2]).toBe("left out because of the other saved search");
    expect(left).toHaveLength(content.searches.length + content.dashboards.length);
    expect(analytics.state.hasSource(content.source.name)).toBe(true);
  });

  it.each<[string, RawAnswer]>([
    ["a page", { status: 200, body: "<html><title>Sign in</title></html>" }],
    ["an object of another form", { status: 200, body: '{"error":"unknown tenant"}' }],
    ["nothing", { status: 200 }],
    ["null", { status: 200, body: "null" }],
    ["a list that breaks off", { status: 200, body: '{"items":[]}', cut: { afterBytes: 8, by: "reset" } }],
    ["207", { status: 207, body: '{"items":[]}' }],
  ])("does not take %s for an empty list, nor for what it made: it asks again", async (_, raw) => {
    for (const on of ["list-fields", "create-savedSearch", "get-parser"]) {
      oci.faults.add({ on }, { raw });
    }
    expect(await install()).toEqual({ create: EVERYTHING });
    expect(oci.requests.count("create-savedSearch")).toBe(content.searches.length + 1);
    expect(await install()).toEqual({ none: EVERYTHING });
    expect(dashboards.savedSearches.size).toBe(content.searches.length);
  });

  it("gives up on what stays not understood, and says what was answered", async () => {
    const impatient = await open(content, 400);
    oci.faults.add(
      { on: "list-fields", times: Number.POSITIVE_INFINITY },
      { raw: { status: 200, body: "<html><title>Sign in</title></html>" } },
    );
    const [givenUp] = await impatient.steps(never);
    expect(givenUp?.refusal?.drawer).toBe("not-understood");
    expect(givenUp?.refusal?.message).toMatch(
      /^given up after 0 s: ListFields in .*: 127\.0\.0\.1:\d+ answers 200 with something other than the service's answer/,
    );
    await impatient.close();
  });

  it("takes a 404 of something in between for no absence", async () => {
    await install();
    oci.faults.add({ on: "get-parser" }, { raw: { status: 404, body: "<html><title>404 Not Found</title></html>" } });
    const [group] = await installer.steps(never);
    expect([group?.action, group?.refusal?.drawer]).toEqual(["refused", "person"]);
  });
});

describe("detections", () => {
  const detections = readDetections();
  const withDetections = buildContent(readDefinition(), detections);
  /** All of them, or where somebody waits some, with few searches beside: each is made, read and deleted one by one. */
  const installed = isThorough ? detections : detections.slice(0, 10);
  const all = buildContent(readDefinition(), installed);
  const whole = isThorough ? all : withFewBoards(all);
  const some = { ...someOf(withDetections), parser: shipped.parser, dashboards: [] };

  it("become saved searches and scheduled tasks that run them, made once and taken back", async () => {
    const [guarding, partly] = [await open(whole), await open(some)];
    oci.faults.add({ on: "create-task", after: 2 }, { loseAnswer: "reset" });
    expect(await install(guarding)).toEqual({ create: sizeOf(whole) });
    const { tasks } = analytics.state;
    expect(tasks.size).toBe(installed.length);
    for (const task of tasks.values()) {
      const action = task.action as { savedSearchId: string; metricExtraction: { compartmentId: string; namespace: string } };
      expect(dashboards.savedSearches.has(action.savedSearchId)).toBe(true);
      expect(action.metricExtraction).toMatchObject({ compartmentId: COMPARTMENT, namespace: "flowferry" });
    }
    expect(await install(partly)).toEqual({
      none: sizeOf(some),
      delete: sizeOf(whole) - sizeOf({ ...some, fields: whole.fields }),
    });
    const [task] = tasks.values();
    if (task === undefined) throw new Error("there are no tasks");
    tasks.set(task.id, { ...task, schedules: [] });
    const due = (await partly.steps(never)).filter(({ action }) => action !== "none");
    expect(due.map(({ kind, name, differences }) => [kind, name, differences])).toEqual([
      ["scheduled task", task.displayName, ["schedules"]],
    ]);
    expect(await install(partly)).toEqual({ none: sizeOf(some) - 1, update: 1 });
    for (const step of await guarding.removal(never)) await step.run(never);
    expect([tasks.size, dashboards.savedSearches.size]).toEqual([0, 0]);
    await Promise.all([guarding.close(), partly.close()]);
  });

  it("that are no longer shipped go, and what runs or shows something before it; what others made stays", async () => {
    const [before, now, withoutAny] = [await open(someOf(withDetections)), await open(some), await open()];
    await install(before);
    const { tasks } = analytics.state;
    const copyOf = <T extends { readonly id: string }>(of: Map<string, T>, change: Partial<T>, id: string): void => {
      const [one] = of.values();
      if (one !== undefined) of.set(id, { ...one, ...change, id });
    };
    const [own, theirs] = [{ freeformTags: { "managed-by": "flowferry", more: "1" } }, { freeformTags: {} }];
    copyOf(tasks, { displayName: "flowferry_rule_of_old", ...own }, "ocid1.loganalyticsscheduledtask.oc1.phx.old");
    copyOf(tasks, { displayName: "flowferry_rule_of_theirs", ...theirs }, "ocid1.loganalyticsscheduledtask.oc1.phx.theirs");
    copyOf(dashboards.savedSearches, { displayName: "Flowferry: Search of old", ...own }, "ocid1.managementsavedsearch.oc1..a");
    copyOf(
      dashboards.savedSearches,
      { displayName: "Flowferry detection: Rule of old", ...own },
      "ocid1.managementsavedsearch.oc1..b",
    );
    copyOf(dashboards.savedSearches, { displayName: "Flowferry: Mine", ...theirs }, "ocid1.managementsavedsearch.oc1..c");
    const gone = async (which: Installation): Promise<string[]> =>
      (await which.steps(never)).filter(({ action }) => action === "delete").map(keyOf);
    const boards = content.dashboards.map(({ displayName }) => `dashboard ${displayName}`);
    expect(await gone(before)).toEqual([
      "scheduled task flowferry_rule_of_old",
      "saved search Flowferry: Search of old",
      "saved search Flowferry detection: Rule of old",
    ]);
    expect((await gone(now)).slice(0, 1 + boards.length)).toEqual(["scheduled task flowferry_rule_of_old", ...boards]);
    // Whoever does not ask for detections keeps what they have.
    expect(await gone(withoutAny)).toEqual(["saved search Flowferry: Search of old"]);
    expect(await install(before)).toMatchObject({ delete: 3 });
    expect(await gone(before)).toEqual([]);
    const removal = await before.removal(never);
    for (const step of removal) await step.run(never);
    expect([[...tasks.values()].map(({ displayName }) => displayName), dashboards.savedSearches.size]).toEqual([
      ["flowferry_rule_of_theirs"],
      1,
    ]);
    await Promise.all([before.close(), now.close(), withoutAny.close()]);
  });

  it("change no dashboard: a tile shows the search of its name, not the detection's", async () => {
    expect(new Set(withDetections.searches.map(({ id }) => id)).size).toBe(withDetections.searches.length);
    const shownIn = (of: Content) =>
      of.dashboards.map(({ tiles }) => tiles.map((tile) => of.searches.find(({ id }) => id === tile.savedSearchId)?.displayName));
    expect(shownIn(withDetections)).toEqual(shownIn(shipped));
  });

  it("name the policy that is missing for their tasks", async () => {
    const guarding = await open(someOf(withDetections));
    oci.faults.add({ on: "list-tasks" }, { status: 404 });
    expect(refusedIn(await guarding.steps(never))).toEqual([
      [
        "scheduled tasks",
        "not-authorized",
        expect.stringContaining(`to manage loganalytics-scheduled-task in compartment id ${COMPARTMENT}`),
      ],
    ]);
    await guarding.close();
  });

  it("ask well-formed questions of fields that exist", () => {
    const known = new Set(analytics.state.content.fieldTitles());
    for (const { displayName } of shipped.fields) known.add(displayName);
    const faults = withDetections.searches.flatMap(({ displayName, uiConfig }) => {
      const fault = faultOf(uiConfig.queryString, known);
      return fault === undefined ? [] : [`${displayName}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });
});

describe("uninstall", () => {
  it("takes back all that was made, and nothing else", async () => {
    const fieldsBefore = [...analytics.state.content.fields.keys()];
    await install();
    const removal = await installer.removal(never);
    expect(actions(removal)).toEqual({ delete: EVERYTHING });
    for (const step of removal) await step.run(never);
    expect([...analytics.state.content.fields.keys()]).toEqual(fieldsBefore);
    expect([analytics.state.content.parsers.size, analytics.state.content.sources.size]).toEqual([0, 0]);
    expect([dashboards.savedSearches.size, dashboards.dashboards.size]).toEqual([0, 0]);
    expect(await installer.removal(never)).toEqual([]);
  });

  it("leaves what is still used by something that could not be deleted", async () => {
    await install();
    oci.faults.add({ on: "delete-source" }, { status: 400, message: "The source is in use" });
    const left = undone(await outcomesOf(await installer.removal(never)));
    expect(left.map(([key, result]) => [key, result])).toEqual([
      [`source ${content.source.displayName}`, "refused"],
      [`parser ${content.parser.displayName}`, "left-out"],
      ...content.fields.map(({ displayName }) => [`field ${displayName}`, "left-out"]),
    ]);
    expect([dashboards.savedSearches.size, analytics.state.content.parsers.size]).toEqual([0, 1]);
  });
});

describe("what is built for hand import", () => {
  it("is taken by the import of Management Dashboard, twice", async () => {
    const client = new DashxApisClient(
      { authenticationDetailsProvider: new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT") },
      { retryConfiguration: NoRetryConfigurationDetails },
    );
    client.endpoint = oci.endpoint;
    const text = readFileSync(join(asset("deploy/log-analytics"), "dashboards.json"), "utf8");
    // As deploy/log-analytics/README.md says.
    const document = JSON.parse(text.replaceAll("${compartmentId}", COMPARTMENT));
    for (let time = 0; time < 2; time++) {
      await client.importDashboard({
        managementDashboardImportDetails: document,
        overrideSameName: "true",
        overrideDashboardCompartmentOcid: COMPARTMENT,
        overrideSavedSearchCompartmentOcid: COMPARTMENT,
      });
      expect([dashboards.savedSearches.size, dashboards.dashboards.size]).toEqual([
        shipped.searches.length,
        shipped.dashboards.length,
      ]);
    }
    const whole = await open(shipped);
    const steps = (await whole.steps(never)).filter(({ kind }) => kind === "saved search" || kind === "dashboard");
    await whole.close();
    expect(actions(steps)).toEqual({ none: shipped.searches.length + shipped.dashboards.length });
  });

  it("has queries that the service parses", async () => {
    const whole = await open({ ...shipped, searches: [], dashboards: [] });
    await install(whole);
    await whole.close();
    const client = new LogAnalyticsClient(
      { authenticationDetailsProvider: new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT") },
      { retryConfiguration: NoRetryConfigurationDetails },
    );
    client.endpoint = oci.endpoint;
    for (const { uiConfig } of shipped.searches) {
      await client.parseQuery({
        namespaceName: oci.namespace,
        parseQueryDetails: { queryString: uiConfig.queryString, subSystem: logAnalyticsModels.SubSystemName.Log },
      });
    }
    expect(oci.requests.of("parse-query").map(({ status }) => status)).toEqual(shipped.searches.map(() => 200));
  });
});

/** What the installed JSON parser makes of a record: values by the titles of their fields. */
function parsed({ state }: LogAnalytics, text: string): Record<string, unknown> {
  const record = JSON.parse(text) as Record<string, unknown>;
  const parser = state.content.parsers.get(content.parser.name);
  const maps = (parser?.fieldMaps ?? []) as { structuredColumnInfo: string; field: Named }[];
  return Object.fromEntries(
    maps
      .map(({ structuredColumnInfo, field }) => [field.displayName, record[structuredColumnInfo.slice("$.".length)]] as const)
      .filter(([, value]) => value !== undefined),
  );
}
