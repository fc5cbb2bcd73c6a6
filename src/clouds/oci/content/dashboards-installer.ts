import { randomUUID } from "node:crypto";
import type { models } from "oci-managementdashboard";
import { DETECTION_TITLE } from "../../../dialects/log-analytics/detection.ts";
import { differences } from "../../../install/differences.ts";
import { actionFor, Conflict, type Installer, keyOf, type Step, stepOrConflict } from "../../../install/step.ts";
import { allPages, listOf, resourceOf } from "../answers.ts";
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
  /** Of that name, or of all names. */
  const listSearches = (name: string | undefined, signal: AbortSignal) =>
    allPages("ListManagementSavedSearches", (page) =>
      call("ListManagementSavedSearches", signal, async () => {
        const { items, next } = await client.listSavedSearches(queryOf(compartmentId, name, page));
        return { items: listOf(items), next };
      }),
    );
  const listDashboards = (name: string | undefined, signal: AbortSignal) =>
    allPages("ListManagementDashboards", (page) =>
      call("ListManagementDashboards", signal, async () => {
        const { items, next } = await client.listDashboards(queryOf(compartmentId, name, page));
        return { items: listOf(items), next };
      }),
    );
  const findSearch = async (displayName: string, signal: AbortSignal): Promise<models.ManagementSavedSearchSummary | undefined> =>
    (await listSearches(displayName, signal)).find((item) => item.displayName === displayName);
  const findDashboard = async (displayName: string, signal: AbortSignal): Promise<models.ManagementDashboard | undefined> => {
    const id = (await listDashboards(displayName, signal)).find((item) => item.displayName === displayName)?.id;
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

  const isOfDetection = (title: string): boolean => title.startsWith(DETECTION_TITLE);
  const withDetections = content.searches.some(({ displayName }) => isOfDetection(displayName));
  const names = new Set([...content.searches, ...content.dashboards].map(({ displayName }) => displayName));

  /** Deletes those of our own that are meant, dashboards first. What detections have is left alone where nobody asks for them. */
  const deletions = async (isMeant: (displayName: string) => boolean, signal: AbortSignal): Promise<Step[]> => {
    const ours = (one: Tagged): boolean => isOwn(one) && isMeant(one.displayName ?? "");
    const boards = (await listDashboards(undefined, signal)).filter(ours);
    const searches = (await listSearches(undefined, signal)).filter(
      (one) => ours(one) && (withDetections || !isOfDetection(one.displayName)),
    );
    const boardSteps = boards.map(({ id, displayName: name }): Step => {
      const run = async (signal: AbortSignal): Promise<void> => {
        await call("DeleteManagementDashboard", signal, () => client.deleteDashboard(id));
      };
      return { kind: "dashboard", name, action: "delete", differences: [], run };
    });
    const searchSteps = searches.map(({ id, displayName: name }): Step => {
      const run = async (signal: AbortSignal): Promise<void> => {
        await call("DeleteManagementSavedSearch", signal, () => client.deleteSavedSearch(id));
      };
      // What shows or runs a search goes before it.
      const shown = boardSteps.filter((board) => {
        const known = content.dashboards.find(({ displayName }) => displayName === board.name);
        return known === undefined || searchesOf(known).includes(name);
      });
      const tasks = content.tasks.filter(({ search }) => search === name).map((task) => taskKey(task.displayName));
      const needs = [GROUPS.tasks, ...shown.map(keyOf), ...tasks];
      return { kind: "saved search", name, action: "delete", differences: [], needs, run };
    });
    return [...boardSteps, ...searchSteps];
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
    removal: (signal) => deletions(() => true, signal),
    outdated: (signal) => deletions((displayName) => !names.has(displayName), signal),
  };
}

const taskKey = (name: string): string => keyOf({ kind: "scheduled task", name });

function queryOf(compartmentId: string, name: string | undefined, page: string | undefined) {
  return {
    compartmentId,
    ...(name === undefined ? {} : { displayName: encodeURIComponent(name) }),
    ...(page === undefined ? {} : { page: encodeURIComponent(page) }),
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
