import { randomUUID } from "node:crypto";
import type { models } from "oci-managementdashboard";
import { differences } from "../../../install/differences.ts";
import { actionFor, Conflict, type Installer, keyOf, type Step, stepOrConflict } from "../../../install/step.ts";
import { listOf, resourceOf } from "../answers.ts";
import { COMPARTMENT, type Content, type Dashboard, OWN_TAGS, type SavedSearch } from "./build.ts";
import type { DashboardsClient } from "./dashboards-client.ts";
import type { ServiceCall } from "./service-call.ts";
import { GROUPS } from "./service-call.ts";

/** Finds the id of a saved search by its title. */
export type SearchFinder = (title: string, signal: AbortSignal) => Promise<string | undefined>;

/** Saved searches and dashboards in one compartment, found by their titles. What others made under such a title is left alone. */
export function dashboardsInstaller(
  client: DashboardsClient,
  compartmentId: string,
  content: Content,
  call: ServiceCall,
): Installer & { readonly searchId: SearchFinder } {
  const findSearch = async (
    displayName: string,
    signal: AbortSignal,
  ): Promise<models.ManagementSavedSearchSummary | undefined> => {
    const request = { compartmentId, displayName: encodeURIComponent(displayName) };
    const items = await call("ListManagementSavedSearches", signal, async () =>
      listOf((await client.listSavedSearches(request))?.items),
    );
    return items.find((item) => item.displayName === displayName);
  };
  const findDashboard = async (displayName: string, signal: AbortSignal): Promise<models.ManagementDashboard | undefined> => {
    const request = { compartmentId, displayName: encodeURIComponent(displayName) };
    const items = await call("ListManagementDashboards", signal, async () =>
      listOf((await client.listDashboards(request))?.items),
    );
    const id = items.find((item) => item.displayName === displayName)?.id;
    if (id === undefined) return undefined;
    return call("GetManagementDashboard", signal, async () => resourceOf(await client.getDashboard(id), id));
  };

  /** With the compartment in the scope of the search, too. */
  const filledIn = (search: SavedSearch): SavedSearch =>
    JSON.parse(JSON.stringify(search).replaceAll(COMPARTMENT, compartmentId)) as SavedSearch;

  const searchStep = async (search: SavedSearch, signal: AbortSignal): Promise<Step> => {
    const { id: _, ...wanted } = { ...filledIn(search), compartmentId };
    const found = await findSearch(search.displayName, signal);
    if (found !== undefined) refuseForeign("saved search", found);
    const changed = found === undefined ? [] : differences(wanted, found);
    return {
      kind: "saved search",
      name: search.displayName,
      action: actionFor(found, changed),
      differences: changed,
      async run(signal) {
        if (found === undefined) {
          const token = randomUUID();
          await call("CreateManagementSavedSearch", signal, async () =>
            resourceOf(await client.createSavedSearch(wanted, token)),
          );
        } else {
          await call("UpdateManagementSavedSearch", signal, async () =>
            resourceOf(await client.updateSavedSearch(found.id, wanted), found.id),
          );
        }
      },
    };
  };

  const titles = new Map(content.searches.map(({ id, displayName }) => [id, displayName]));
  const searchesOf = ({ tiles }: Dashboard): string[] => tiles.map(({ savedSearchId }) => titles.get(savedSearchId) ?? "");

  /** Tiles with the ids that the saved searches have in the service; undefined for one that is yet to be made. */
  const placed = async (dashboard: Dashboard, signal: AbortSignal): Promise<{ savedSearchId: string | undefined }[]> => {
    const tiles: { savedSearchId: string | undefined }[] = [];
    for (const tile of dashboard.tiles) {
      const found = await findSearch(titles.get(tile.savedSearchId) ?? "", signal);
      tiles.push({ ...tile, savedSearchId: found?.id });
    }
    return tiles;
  };

  const dashboardStep = async (dashboard: Dashboard, signal: AbortSignal): Promise<Step> => {
    const { dashboardId: _, ...rest } = { ...dashboard, compartmentId };
    const found = await findDashboard(dashboard.displayName, signal);
    if (found !== undefined) refuseForeign("dashboard", found);
    const changed = found === undefined ? [] : differences({ ...rest, tiles: await placed(dashboard, signal) }, found);
    return {
      kind: "dashboard",
      name: dashboard.displayName,
      action: actionFor(found, changed),
      differences: changed,
      needs: searchesOf(dashboard).map((name) => keyOf({ kind: "saved search", name })),
      async run(signal) {
        const tiles = await placed(dashboard, signal);
        const details = { ...rest, tiles };
        if (found === undefined) {
          const token = randomUUID();
          await call("CreateManagementDashboard", signal, async () => resourceOf(await client.createDashboard(details, token)));
        } else {
          await call("UpdateManagementDashboard", signal, async () =>
            resourceOf(await client.updateDashboard(found.id, details), found.id),
          );
        }
      },
    };
  };

  return {
    what: "saved searches and dashboards",
    searchId: async (title, signal) => (await findSearch(title, signal))?.id,
    async steps(signal) {
      const steps: Step[] = [];
      for (const search of content.searches) {
        steps.push(await stepOrConflict("saved search", search.displayName, () => searchStep(search, signal)));
      }
      for (const dashboard of content.dashboards) {
        steps.push(await stepOrConflict("dashboard", dashboard.displayName, () => dashboardStep(dashboard, signal)));
      }
      return steps;
    },
    async removal(signal) {
      const steps: Step[] = [];
      for (const { displayName } of content.dashboards) {
        const found = await findDashboard(displayName, signal);
        if (found === undefined || !isOwn(found)) continue;
        const { id } = found;
        const run = async (signal: AbortSignal): Promise<void> => {
          await call("DeleteManagementDashboard", signal, () => client.deleteDashboard(id));
        };
        steps.push({ kind: "dashboard", name: displayName, action: "delete", differences: [], run });
      }
      for (const { displayName } of content.searches) {
        const found = await findSearch(displayName, signal);
        if (found === undefined || !isOwn(found)) continue;
        const { id } = found;
        const run = async (signal: AbortSignal): Promise<void> => {
          await call("DeleteManagementSavedSearch", signal, () => client.deleteSavedSearch(id));
        };
        const boards = content.dashboards.filter((one) => searchesOf(one).includes(displayName));
        const tasks = content.tasks.filter(({ search }) => search === displayName);
        const needs = [
          GROUPS.tasks,
          ...boards.map(({ displayName: name }) => keyOf({ kind: "dashboard", name })),
          ...tasks.map(({ displayName: name }) => keyOf({ kind: "scheduled task", name })),
        ];
        steps.push({ kind: "saved search", name: displayName, action: "delete", differences: [], needs, run });
      }
      return steps;
    },
  };
}

interface Tagged {
  readonly displayName?: string;
  readonly freeformTags?: Record<string, string>;
}

export const isOwn = ({ freeformTags }: Tagged): boolean => differences(OWN_TAGS, freeformTags ?? {}).length === 0;

export function refuseForeign(kind: string, found: Tagged, advice = "rename it, or install into another compartment"): void {
  if (isOwn(found)) return;
  const [tag] = Object.entries(OWN_TAGS);
  throw new Conflict(
    "content-conflict",
    `there is a ${kind} "${found.displayName}" that flowferry did not make (it lacks the tag ${tag?.join(": ")}): ${advice}`,
  );
}
