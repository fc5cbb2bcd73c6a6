import { randomBytes } from "node:crypto";
import { type Call, type Reply, type Route, type Service, ServiceError } from "../service.ts";
import { RetryTokens } from "./log-analytics/retry-tokens.ts";
import { notFound } from "./log-analytics/state.ts";
import { paged } from "./paging.ts";

const LARGEST_PAGE = 1000;

const NEEDED = [
  "displayName",
  "providerId",
  "providerName",
  "providerVersion",
  "compartmentId",
  "description",
  "nls",
  "dataConfig",
];
const NEEDED_BY = {
  savedSearch: [
    ...NEEDED,
    "type",
    "uiConfig",
    "screenImage",
    "metadataVersion",
    "widgetTemplate",
    "widgetVM",
    "isOobSavedSearch",
  ],
  dashboard: [
    ...NEEDED,
    "tiles",
    "isShowInHome",
    "isShowDescription",
    "isFavorite",
    "metadataVersion",
    "screenImage",
    "isOobDashboard",
  ],
} as const;
type Kind = keyof typeof NEEDED_BY;

export interface Resource {
  readonly id: string;
  readonly displayName: string;
  readonly compartmentId: string;
  readonly [key: string]: unknown;
}

/** What public saved searches of Log Analytics are: 435 of them, of which these are all values that occur. */
const VISUALISATIONS =
  "pie link tile records_histogram table_histogram line hbar bar summary_table cluster cloud treemap heatmap table map cluster_compare sunburst distinct".split(
    " ",
  );
const PERIODS = "l15min l30min l60min l8hr l24hr l7day l14day l30day".split(" ");
const LOG_GROUP_FILTER = "OOBSS-management-dashboard-filter-4a";

interface Parameter {
  readonly name?: string;
  readonly savedSearchId?: string;
  readonly defaultFilterIds?: readonly string[];
}

interface Widget {
  readonly parametersConfig?: readonly Parameter[];
  readonly uiConfig: {
    readonly queryString?: unknown;
    readonly visualizationType?: string;
    readonly visualizationOptions?: {
      readonly customVizOpt?: { readonly LINK_CLASSIFY_SETTINGS?: Readonly<Record<string, { readonly chartType?: string }>> };
    };
    readonly timeSelection?: { readonly timePeriod?: string };
    readonly scopeFilters?: {
      readonly filters?: readonly { readonly type: string; readonly values: readonly { readonly value: string }[] }[];
    };
  };
}

function checkWidget({ uiConfig, parametersConfig = [] }: Widget): void {
  const { queryString, visualizationType = "", visualizationOptions, timeSelection, scopeFilters } = uiConfig;
  if (typeof queryString !== "string") throw refuse("uiConfig has no queryString");
  if (!VISUALISATIONS.includes(visualizationType)) throw refuse(`visualizationType ${visualizationType} is not valid`);
  if (!PERIODS.includes(timeSelection?.timePeriod ?? "")) throw refuse(`timePeriod ${timeSelection?.timePeriod} is not valid`);
  for (const [name, { chartType }] of Object.entries(visualizationOptions?.customVizOpt?.LINK_CLASSIFY_SETTINGS ?? {})) {
    const isNamed = queryString.endsWith(` as '${name}'`) || queryString.endsWith(` as ${name}`);
    if (!isNamed || chartType === undefined) throw refuse(`The query makes no classification ${name}`);
  }
  const groups = scopeFilters?.filters?.find(({ type }) => type === "LogGroup")?.values ?? [];
  // In a document for import the compartment is a placeholder.
  if (groups.length !== 1 || !/^(ocid1\.(compartment|tenancy)\.|\$\{compartmentId\})/.test(groups[0]?.value ?? "")) {
    throw refuse("The scope names no compartment of log groups");
  }
  for (const { name, defaultFilterIds } of parametersConfig) {
    if (name === "log-analytics-log-group-compartment" && String(defaultFilterIds) !== LOG_GROUP_FILTER) {
      throw refuse("The parameter for log groups has no filter");
    }
  }
}

function checkFilters(parameters: readonly Parameter[] = []): void {
  for (const { name, savedSearchId } of parameters) {
    if (name !== "time" && savedSearchId !== LOG_GROUP_FILTER) throw refuse(`There is no filter ${savedSearchId}`);
  }
}

interface Tile {
  readonly savedSearchId: string;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
}

/** Management Dashboard (API 20200901): saved searches, dashboards, and the import of both. */
export class ManagementDashboard implements Service {
  readonly savedSearches = new Map<string, Resource>();
  readonly dashboards = new Map<string, Resource>();
  readonly routes: readonly Route[];
  readonly #tokens = new RetryTokens(Date.now);

  constructor() {
    this.routes = [
      ...this.#routesFor("savedSearch", "managementSavedSearches", this.savedSearches),
      ...this.#routesFor("dashboard", "managementDashboards", this.dashboards),
      {
        kind: "import-dashboard",
        method: "POST",
        path: "/20200901/managementDashboards/actions/importDashboard",
        signed: "body",
        handle: (call) => this.#import(call),
      },
    ];
  }

  #routesFor(kind: Kind, collection: string, held: Map<string, Resource>): Route[] {
    const base = `/20200901/${collection}`;
    const get = ({ params }: Call): Resource => {
      const one = held.get(params.id ?? "");
      if (one === undefined) throw notFound();
      return one;
    };
    return [
      {
        kind: `create-${kind}`,
        method: "POST",
        path: base,
        signed: "body",
        handle: (call) => this.#tokens.once(call, () => ({ status: 200, json: this.#create(kind, held, read(call)) })),
      },
      {
        kind: `list-${kind}`,
        method: "GET",
        path: base,
        signed: "headers",
        handle(call) {
          const compartment = call.query.get("compartmentId");
          const name = call.query.get("displayName");
          const items = [...held.values()].filter(
            (one) => one.compartmentId === compartment && (name === null || one.displayName === name),
          );
          return paged(call, items, LARGEST_PAGE, (page) => ({ items: page }));
        },
      },
      {
        kind: `get-${kind}`,
        method: "GET",
        path: `${base}/{id}`,
        signed: "headers",
        handle: (call) => ({ status: 200, json: get(call) }),
      },
      {
        kind: `update-${kind}`,
        method: "PUT",
        path: `${base}/{id}`,
        signed: "body",
        handle: (call) => {
          const updated = { ...get(call), ...read(call) };
          this.#check(kind, updated);
          held.set(updated.id, updated);
          return { status: 200, json: updated };
        },
      },
      {
        kind: `delete-${kind}`,
        method: "DELETE",
        path: `${base}/{id}`,
        signed: "headers",
        handle: (call) => {
          held.delete(get(call).id);
          return { status: 204 };
        },
      },
    ];
  }

  #create(kind: Kind, held: Map<string, Resource>, details: Record<string, unknown>): Resource {
    this.#check(kind, details);
    const sameName = [...held.values()].some(
      (one) => one.compartmentId === details.compartmentId && one.displayName === details.displayName,
    );
    if (sameName) throw new ServiceError(409, "InvalidParameter", `${details.displayName} already exists in the compartment`);
    const id = `ocid1.management${kind.toLowerCase()}.oc1.phx.${randomBytes(8).toString("hex")}`;
    const made = { lifecycleState: "ACTIVE", freeformTags: {}, ...details, id } as unknown as Resource;
    held.set(id, made);
    return made;
  }

  #check(kind: Kind, details: Record<string, unknown>): void {
    const missing = NEEDED_BY[kind].find((name) => details[name] === undefined || details[name] === null);
    if (missing !== undefined) throw refuse(`${missing} is required`);
    if (!/^ocid1\.(compartment|tenancy)\./.test(String(details.compartmentId))) throw refuse("compartmentId is no OCID");
    if (kind === "savedSearch") {
      checkWidget(details as unknown as Widget);
      return;
    }
    checkFilters(details.parametersConfig as Parameter[] | undefined);
    const tiles = details.tiles as Tile[];
    for (const { savedSearchId, row, column, width, height } of tiles) {
      if (!this.savedSearches.has(savedSearchId)) throw refuse(`There is no saved search ${savedSearchId}`);
      const whole = [row, column, width, height].every((number) => Number.isInteger(number) && number >= 0);
      if (!whole || width < 1 || height < 1 || column + width > 12) throw refuse("A tile lies outside of the 12 columns");
    }
    const overlap = tiles.some((a, index) =>
      tiles
        .slice(index + 1)
        .some(
          (b) =>
            a.row < b.row + b.height &&
            b.row < a.row + a.height &&
            a.column < b.column + b.width &&
            b.column < a.column + a.width,
        ),
    );
    if (overlap) throw refuse("Two tiles overlap");
  }

  /** Makes or, under the same name, replaces what the document holds; ids of the document stand for the new ones. */
  #import(call: Call): Reply {
    const override = call.query.get("overrideSameName") === "true";
    const compartments = {
      savedSearch: call.query.get("overrideSavedSearchCompartmentOcid"),
      dashboard: call.query.get("overrideDashboardCompartmentOcid"),
    };
    const put = (kind: Kind, held: Map<string, Resource>, details: Record<string, unknown>): Resource => {
      const compartmentId = compartments[kind] ?? details.compartmentId;
      const same = [...held.values()].find(
        (one) => one.compartmentId === compartmentId && one.displayName === details.displayName,
      );
      const wanted: Record<string, unknown> = { ...details, compartmentId };
      if (same === undefined || !override) return this.#create(kind, held, wanted);
      this.#check(kind, wanted);
      const updated = { ...wanted, id: same.id } as unknown as Resource;
      held.set(same.id, updated);
      return updated;
    };
    const document = JSON.parse(call.body.toString()) as { dashboards: Record<string, unknown>[] };
    for (const { savedSearches, dashboardId: _, ...details } of document.dashboards) {
      const ids = new Map<string, string>();
      for (const { id, ...search } of savedSearches as Record<string, unknown>[]) {
        ids.set(String(id), put("savedSearch", this.savedSearches, search).id);
      }
      const tiles = (details.tiles as Tile[]).map((tile) => ({
        ...tile,
        savedSearchId: ids.get(tile.savedSearchId) ?? tile.savedSearchId,
      }));
      put("dashboard", this.dashboards, { ...details, tiles });
    }
    return { status: 204 };
  }
}

const read = (call: Call): Record<string, unknown> => JSON.parse(call.body.toString()) as Record<string, unknown>;

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
