import { join } from "node:path";
import { asset } from "../../lib/assets.ts";
import { isNative, loadSearches } from "../../searches/load.ts";
import type { Search } from "../../searches/search.ts";
import { shippedDashboards } from "../dashboard-lists.ts";
import { type PrintedSearch, printed } from "../dialect.ts";
import { oneLine } from "../text.ts";
import type { Lucene } from "./conditions.ts";
import { OURS, questionDashboard } from "./searches.ts";

/** Lists of `dashboards.yml` whose searches are questions about single flows, for which their records are an answer. */
const LISTS = ["security", "ports"];

export interface Question {
  readonly search: Search;
  /** Lucene for the records that the search is about. */
  readonly lucene: string;
}

/** The shipped searches on those lists. */
export function shippedQuestions(): Search[] {
  const lists = shippedDashboards();
  const ids = LISTS.flatMap((name) => lists[name]?.tiles ?? []);
  const { searches } = loadSearches(join(asset("deploy"), "searches"));
  return ids.flatMap((id) => searches.filter((search): search is Search => search.id === id && !isNative(search)));
}

/** Those of the searches whose records Lucene finds. */
export function questionsOf(searches: readonly Search[], { where }: Lucene): Question[] {
  return searches.flatMap((search) => {
    const found = printed(() => where(search.condition));
    return "query" in found ? [{ search, lucene: found.query }] : [];
  });
}

/** For `POST /v1/views`: the records that a search is about, over its period; how they group is left to whoever looks. */
export function views(questions: readonly Question[]): object[] {
  return questions.map(({ search: { title, periodMs }, lucene }) => ({
    name: `${OURS}${oneLine(title)}`,
    search_query: { query: lucene, syntax_type: "lucene" },
    time_selection: { quick_selection: { caption: caption(periodMs), seconds: periodMs / 1_000 } },
    filters: { filters: [] },
  }));
}

/** For `POST /v1/dashboards`: how many records each view shows. */
export function viewsDashboard(questions: readonly Question[]): object {
  const gauges = questions.map(({ search, lucene }): PrintedSearch => {
    const query = JSON.stringify({ logs: { lucene_query: { value: lucene }, logs_aggregation: { count: {} } } });
    return { search: { ...search, measures: [] }, query };
  });
  return questionDashboard(gauges);
}

function caption(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours === 1) return "Last hour";
  return hours % 24 === 0 && hours > 24 ? `Last ${hours / 24} days` : `Last ${hours} hours`;
}
