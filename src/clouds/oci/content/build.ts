import type { DashboardDefinition, Definition, Detection, SearchDefinition } from "./definition.ts";
import { visualizationOptions } from "./visualization.ts";

/** Stands in built files for the compartment that the content is installed into. */
export const COMPARTMENT = "${compartmentId}";
/** What marks saved searches and dashboards as made by this program. */
export const OWN_TAGS = { "managed-by": "flowferry" } as const;

const PROVIDER = { providerId: "log-analytics", providerName: "Logging Analytics", providerVersion: "3.0.0" };
/** The filter by compartment of the log groups that comes with the service, and how saved searches and dashboards name it. */
const LOG_GROUP_FILTER = "OOBSS-management-dashboard-filter-4a";
const LOG_GROUP_PARAMETER = "log-analytics-log-group-compartment";
const LOG_GROUP_DASHBOARD_FILTER = "log-analytics-loggroup-filter";
/** A saved search looks at the log groups of one compartment and of those below it; every public one names a compartment. */
const LOG_GROUPS = {
  type: "LogGroup",
  flags: { IncludeSubCompartments: true },
  values: [{ label: COMPARTMENT, value: COMPARTMENT }],
};
const ENTITIES = { type: "Entity", flags: { IncludeDependents: true, ScopeCompartmentId: COMPARTMENT }, values: [] };
const LOG_SETS = { type: "LogSet", flags: {}, values: [] };
const SCOPE = {
  isGlobal: false,
  filters: [LOG_GROUPS, ENTITIES, LOG_SETS],
  LogGroup: LOG_GROUPS,
  Entity: ENTITIES,
  LogSet: LOG_SETS,
};
const COLUMNS = 12;
const TILE_HEIGHT = 4;

export interface OwnField {
  readonly displayName: string;
  readonly dataType: "STRING" | "LONG";
  readonly description: string;
  /** Single-valued fields of text are a finite supply in each tenancy: where it is used up, one that may hold several values takes its place. */
  readonly isMultiValued: boolean;
}

/** A key of the records and the field that it goes into, as the service's own JSON parsers have it. */
export interface FieldMap {
  readonly structuredColumnInfo: string;
  readonly parserFieldSequence: number;
  /** The service wants its internal name, which is looked up by this one. */
  readonly field: { readonly displayName: string };
}

export interface Parser {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly type: "JSON";
  readonly language: string;
  readonly encoding: string;
  readonly isDefault: boolean;
  readonly headerContent: string;
  readonly isSingleLineContent: boolean;
  readonly content: string;
  readonly exampleContent: string;
  readonly fieldMaps: readonly FieldMap[];
}

export interface Source {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly typeName: string;
  readonly isForCloud: boolean;
  readonly isSecureContent: boolean;
  readonly warningConfig: number;
  readonly parsers: readonly { readonly name: string; readonly parserSequence: number; readonly isDefault: boolean }[];
  readonly entityTypes: readonly { readonly entityType: string }[];
}

export type SavedSearch = ReturnType<typeof savedSearch>;
export type Dashboard = ReturnType<typeof dashboard>;

/** A search that runs by itself and writes what it finds as a metric. */
export interface ScheduledTask {
  readonly displayName: string;
  /** Title of the saved search that it runs. */
  readonly search: string;
  readonly schedules: readonly object[];
  readonly action: object;
}

/** Everything that is installed, in the form that the service takes. */
export interface Content {
  /** Of the detections, where they are wanted. */
  readonly tasks: readonly ScheduledTask[];
  readonly fields: readonly OwnField[];
  readonly parser: Parser;
  readonly source: Source;
  readonly searches: readonly SavedSearch[];
  readonly dashboards: readonly Dashboard[];
}

/** Deterministic: the same sources make the same content. Detections become saved searches on no dashboard, and scheduled tasks. */
export function buildContent({ content, searches, dashboards }: Definition, detections: readonly Detection[] = []): Content {
  const { parser, source, fields } = content;
  const own = Object.values(fields).flatMap(({ field, type, description }): OwnField[] =>
    type === undefined || description === undefined
      ? []
      : [{ displayName: field, dataType: type === "long" ? "LONG" : "STRING", description, isMultiValued: false }],
  );
  const example = JSON.stringify(EXAMPLE);
  return {
    fields: own,
    parser: {
      name: parser.name,
      displayName: parser.title,
      description: parser.description,
      type: "JSON",
      language: "en_US",
      encoding: "UTF-8",
      isDefault: true,
      // The root of each record.
      headerContent: "$:0",
      isSingleLineContent: false,
      content: example,
      exampleContent: example,
      fieldMaps: Object.entries(fields).map(([key, { field }], index) => ({
        structuredColumnInfo: `$.${key}`,
        parserFieldSequence: index + 1,
        field: { displayName: field },
      })),
    },
    source: {
      name: source.name,
      displayName: source.name,
      description: source.description,
      typeName: "os_file",
      isForCloud: false,
      isSecureContent: true,
      warningConfig: 0,
      parsers: [{ name: parser.name, parserSequence: 1, isDefault: true }],
      entityTypes: [{ entityType: source.entityType }],
    },
    searches: [
      ...[...searches].map(([id, search]) => savedSearch(id, { ...search, title: `Flowferry: ${search.title}` }, search.query)),
      ...detections.map(({ rule, savedSearch: { displayName: title, description, queryString } }) =>
        // A rule and a search may have the same name.
        savedSearch(`detection-${rule}`, { title, description, visualisation: "summary_table", period: "l24hr" }, queryString),
      ),
    ],
    tasks: detections.map(({ savedSearch: { displayName: search }, scheduledTask }) => {
      const { displayName, schedules, action } = scheduledTask;
      return { displayName, search, schedules, action };
    }),
    dashboards: [...dashboards].map(([id, one]) => dashboard(id, one, searches)),
  };
}

/** The files of `content build`: name and text. `dashboards.json` is what the console's import takes, too. */
export function contentFiles(content: Content): Map<string, string> {
  const { fields, parser, source, searches, dashboards } = content;
  const imports = dashboards.map((one) => ({
    ...one,
    savedSearches: one.tiles.map(({ savedSearchId }) => searches.find(({ id }) => id === savedSearchId)),
  }));
  const print = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ["fields.json", print(fields)],
    ["parser.json", print(parser)],
    ["source.json", print(source)],
    ["dashboards.json", print({ dashboards: imports })],
  ]);
}

const EXAMPLE = {
  time: "2026-01-02T03:04:05.000Z",
  action: "accept",
  sourceAddress: "203.0.113.9",
  sourcePort: 40000,
  destinationAddress: "10.0.1.7",
  destinationPort: 443,
  protocolName: "tcp",
  protocol: 6,
  bytes: 1500,
  packets: 10,
  status: "OK",
};

type Shown = Pick<SearchDefinition, "title" | "description" | "visualisation" | "period">;

function savedSearch(id: string, { title, description, visualisation, period }: Shown, queryString: string) {
  return {
    id: `flowferry-${id.replaceAll("_", "-")}`,
    displayName: title,
    description,
    type: "WIDGET_SHOW_IN_DASHBOARD" as const,
    ...PROVIDER,
    compartmentId: COMPARTMENT,
    isOobSavedSearch: false,
    nls: {},
    uiConfig: {
      queryString,
      visualizationType: visualisation,
      visualizationOptions: visualizationOptions(visualisation, queryString),
      timeSelection: { timePeriod: period },
      scopeFilters: SCOPE,
      showTitle: true,
      enableWidgetInApp: true,
      vizType: "lxSavedSearchWidgetType",
    },
    dataConfig: [],
    screenImage: " ",
    metadataVersion: "2.0",
    widgetTemplate: "visualizations/chartWidgetTemplate.html",
    widgetVM: "jet-modules/dashboards/widgets/lxSavedSearchWidget",
    parametersConfig: [
      {
        name: LOG_GROUP_PARAMETER,
        required: true,
        defaultFilterIds: [LOG_GROUP_FILTER],
        editUi: { inputType: "savedSearch", filterTile: { filterId: LOG_GROUP_FILTER } },
        valueFormat: { type: "object" },
      },
      { name: "time", required: true, hidden: true },
    ],
    featuresConfig: { crossService: { shared: true } },
    drilldownConfig: [],
    freeformTags: OWN_TAGS,
  };
}

function dashboard(id: string, { title, description, width, tiles }: DashboardDefinition, searches: Definition["searches"]) {
  const perRow = COLUMNS / width;
  return {
    dashboardId: `flowferry-${id}`,
    ...PROVIDER,
    displayName: title,
    description,
    compartmentId: COMPARTMENT,
    isOobDashboard: false,
    isShowInHome: false,
    metadataVersion: "2.0",
    isShowDescription: true,
    screenImage: " ",
    nls: {},
    uiConfig: { isFilteringEnabled: true, isRefreshEnabled: true, isTimeRangeEnabled: true },
    dataConfig: [],
    type: "normal",
    isFavorite: false,
    tiles: tiles.map((search, index) => ({
      displayName: searches.get(search)?.title ?? search,
      savedSearchId: `flowferry-${search.replaceAll("_", "-")}`,
      row: Math.floor(index / perRow) * TILE_HEIGHT,
      column: (index % perRow) * width,
      width,
      height: TILE_HEIGHT,
      nls: {},
      uiConfig: {},
      dataConfig: [],
      state: "DEFAULT" as const,
      drilldownConfig: [],
      parametersMap: {
        time: "$(dashboard.params.time)",
        [LOG_GROUP_PARAMETER]: `$(dashboard.params.${LOG_GROUP_DASHBOARD_FILTER})`,
      },
    })),
    parametersConfig: [
      {
        name: LOG_GROUP_DASHBOARD_FILTER,
        displayName: "Log Group Compartment",
        savedSearchId: LOG_GROUP_FILTER,
        localStorageKey: LOG_GROUP_DASHBOARD_FILTER,
        width: 4,
        state: "DEFAULT" as const,
        parametersMap: { isStoreInLocalStorage: true },
        uiConfig: {
          internalKey: LOG_GROUP_FILTER,
          filterName: LOG_GROUP_DASHBOARD_FILTER,
          vizFilterType: "lxLogGroupDashFilterType",
          defaultWidth: 4,
          minWidth: 2,
        },
      },
      { name: "time", displayName: "$(bundle.globalSavedSearch.TIME)", src: "$(context.time)" },
    ],
    featuresConfig: { crossService: { shared: true } },
    drilldownConfig: [],
    freeformTags: OWN_TAGS,
  };
}
