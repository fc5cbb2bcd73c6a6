import { type Route, ServiceError } from "../../service.ts";
import type { Named } from "./content.ts";
import { faultOf } from "./query.ts";
import type { State } from "./state.ts";

/**
 * Queries of one form: a log source and a word of the record, and the fields that are wanted. Values are what the JSON parser of the source makes
 * of the uploaded records; rows name them by internal name, and columns say which title each has.
 */
export function searchRoute(state: State): Route {
  return {
    kind: "query",
    method: "POST",
    path: "/20200601/namespaces/{namespace}/search/actions/query",
    signed: "body",
    handle(call) {
      state.checkNamespace(call);
      const { queryString = "", subSystem, compartmentId = "" } = JSON.parse(call.body.toString()) as Record<string, string>;
      if (subSystem !== "LOG") throw refuse(`subSystem ${subSystem} is not valid`);
      if (!/^ocid1\.(compartment|tenancy)\./.test(compartmentId)) throw refuse("compartmentId is no OCID");
      const fault = faultOf(queryString, state.content.fieldTitles());
      if (fault !== undefined) throw refuse(`Invalid query: ${fault}`);
      const found = /^'Log Source' = '([^']+)' and '([^']+)' \| fields (.+)$/.exec(queryString);
      if (found === null) throw refuse("the query has a form that is not simulated");
      const [, source = "", word = "", list = ""] = found;
      const titles = list.split(", ").map((title) => title.slice(1, -1));
      const records = state.records.filter(({ logSourceName, text }) => logSourceName === source && text.includes(word));
      const columns = [...state.content.fields.values()]
        .filter(({ displayName }) => titles.includes(displayName))
        .map(({ name, displayName }) => ({ internalName: name, displayName }));
      const items = records.map(({ text }) => valuesOf(state, source, text));
      return { status: 200, json: { items, columns, totalCount: items.length, percentComplete: 100 } };
    },
  };
}

function valuesOf(state: State, source: string, text: string): Record<string, unknown> {
  const [used] = (state.content.sources.get(source)?.parsers ?? []) as Named[];
  const parser = state.content.parsers.get(used?.name ?? "");
  const maps = (parser?.fieldMaps ?? []) as { structuredColumnInfo: string; field: Named }[];
  const record = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(
    maps.map(({ structuredColumnInfo, field }) => [field.name, record[structuredColumnInfo.slice("$.".length)]]),
  );
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
