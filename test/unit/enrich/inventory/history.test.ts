import { expect, test } from "vitest";
import { History, historyFile } from "../../../../src/enrich/inventory/history.ts";
import type { Owned } from "../../../../src/enrich/inventory/source.ts";

const DAY = 86_400_000;
const owned = (id: string, values: Partial<Owned> = {}): Owned => ({
  ...{ address: "10.0.0.1", kind: "instance", id, name: `name of ${id}`, network: "v1", compartment: "app", tags: {} },
  ...values,
});
const listing = (...all: Owned[]) => ({ owned: all, failed: [] });
const at = (history: History, time: number, network = "v1") => history.owner("10.0.0.1", time, network)?.server;

test("a flow gets the owner of its time: what has gone, what came, what was renamed", () => {
  const history = new History();
  history.take(listing(owned("a", { since: 2 * DAY })), 10 * DAY, 90 * DAY);
  history.take(listing(owned("b", { since: 11 * DAY })), 12 * DAY, 90 * DAY);
  history.take(listing(owned("b", { since: 11 * DAY, name: "new" })), 14 * DAY, 90 * DAY);
  expect([1, 2, 11.5, 12, 13.9, 14, 20].map((day) => at(history, day * DAY))).toEqual([
    undefined,
    "name of a",
    // Both say that it is theirs; when the first gave it up is not known to the hour.
    undefined,
    "name of b",
    "name of b",
    "new",
    "new",
  ]);
});

test("without a time of its own the first listing holds for all before, a later one from then on", () => {
  const history = new History();
  history.take(listing(owned("a")), 10 * DAY, 90 * DAY);
  history.take(listing(owned("a"), owned("b", { address: "10.0.0.2" })), 20 * DAY, 90 * DAY);
  expect([at(history, 0), history.owner("10.0.0.2", 19 * DAY, "v1"), history.owner("10.0.0.2", 20 * DAY, "v1")?.server]).toEqual([
    "name of a",
    undefined,
    "name of b",
  ]);
});

test("of an address that several networks have, the flow's network tells whose it is; elsewhere nobody's", () => {
  const history = new History();
  history.take(listing(owned("a"), owned("b", { network: "v2" })), DAY, 90 * DAY);
  expect([at(history, DAY, "v1"), at(history, DAY, "v2"), at(history, DAY, "v3")]).toEqual(["name of a", "name of b", undefined]);
});

test("what could not be listed is not gone", () => {
  const history = new History();
  history.take(listing(owned("a"), owned("g", { address: "10.0.0.9", kind: "gateway" })), DAY, 90 * DAY);
  history.take({ owned: [], failed: ["instance"] }, 2 * DAY, 90 * DAY);
  expect([at(history, 3 * DAY), history.owner("10.0.0.9", 3 * DAY, "v1")]).toEqual(["name of a", undefined]);
});

test("who has gone is forgotten after a while, and what is kept comes back as it was", () => {
  const history = new History();
  history.take(listing(owned("a", { tags: { "tag.x": "1" } })), DAY, 5 * DAY);
  history.take(listing(), 2 * DAY, 5 * DAY);
  const kept = historyFile.parse(
    JSON.parse(JSON.stringify({ format: "flowferry-inventory-1", at: history.at, tenures: history.tenures })),
  );
  const again = new History(kept);
  expect([again.at, again.owner("10.0.0.1", DAY, "v1")]).toEqual([
    2 * DAY,
    { server: "name of a", columns: { kind: "instance", resource_id: "a", compartment: "app", "tag.x": "1" } },
  ]);
  again.take(listing(), 7 * DAY, 5 * DAY);
  expect([at(again, DAY), again.tenures]).toEqual([undefined, []]);
});

test("a listing that says nothing new changes nothing", () => {
  const history = new History();
  expect(history.take(listing(owned("a")), DAY, 90 * DAY)).toBe(true);
  expect(history.take(listing(owned("a")), 2 * DAY, 90 * DAY)).toBe(false);
});
