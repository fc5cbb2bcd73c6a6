/** What the service's own dashboards name as the text of a record. */
const PRIMARY_FIELD = { primaryFieldIname: "mbody", primaryFieldDname: "Original Log Content" };

const SHOWN = ["on"];
const HIDDEN: string[] = [];

/** Options of a picture, in the form that public dashboards of the service have. */
export function visualizationOptions(visualizationType: string, queryString: string): object {
  switch (visualizationType) {
    case "line":
    case "bar":
      return { showLogScale: false, showThinLines: false, customVizOpt: PRIMARY_FIELD };
    case "link":
      return { customVizOpt: { ...PRIMARY_FIELD, ...linkOptions(queryString) } };
    default:
      return { customVizOpt: PRIMARY_FIELD };
  }
}

/** A `link` whose last command names a classification is shown as its chart of bubbles and its table; any other as its table. */
function linkOptions(queryString: string): object {
  const [, quoted, word] = /\| classify .* as (?:'([^']+)'|(\w+))$/.exec(queryString) ?? [];
  const chart = quoted ?? word;
  return {
    LINK_SEARCH_SETTINGS: {
      hiddenLinkWidgets: [],
      hiddenColumns: { g_duration: true, query_start_time: true, query_end_time: true },
      dashboardWidgetOptions: {
        showTabs: HIDDEN,
        showSummary: HIDDEN,
        showAnalyzeTab: chart === undefined ? HIDDEN : SHOWN,
        showTSCharts: HIDDEN,
        showChartsTab: HIDDEN,
        showTable: SHOWN,
        showExtraTable: HIDDEN,
      },
    },
    ...(chart !== undefined && {
      LINK_CLASSIFY_SETTINGS: { [chart]: { chartType: "bubble", swapXY: false, showAnomaly: true, showBaseline: false } },
    }),
  };
}
