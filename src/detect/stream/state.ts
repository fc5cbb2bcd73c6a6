import type { SavedState, StatePart, StateSave } from "../../contracts/state-ledger.ts";
import { Failure } from "../../lib/errors.ts";
import { type Entry, Journal } from "./journal.ts";
import { episodesFingerprint, followerFingerprint, type Node } from "./network.ts";
import type { ProgressTable } from "./progress.ts";
import { OBJECTS, ruleOf, tableId } from "./table.ts";
import { tablesOfVersion3 } from "./version-3.ts";
import { type Json, listOf, recordOf } from "./window.ts";

/** What came of a saved state: rules whose state is back, and rules whose state was left because the rule has changed or gone. */
export interface Restored {
  readonly restored: readonly string[];
  readonly discarded: readonly string[];
}

/** The part of the state that belongs to no rule. */
export interface Clock {
  /** Event time reached, undefined before the first flow. */
  watermark: number | undefined;
  /** Event time of the first flow since which what is common is being learnt. */
  first: number;
  inspected: number;
  replayed: number;
  late: number;
  matches: number;
}

/** The state of an engine, saved by what changed since the save before. */
export interface State {
  save(): StateSave;
  /** Into a new engine only. Throws Failure `bad-detection-state` when it is damaged or of an unknown version; the engine is then of no use. */
  restore(saved: SavedState): Restored;
  /** Takes over what an engine of other rules remembers of rules that are as they were. Into a new engine only; no save is under way. */
  adopt(before: State): Restored;
  /** For `adopt`: what is remembered, and where it is stored. */
  readonly stored: Stored;
}

interface Stored {
  readonly journals: ReadonlyMap<string, Journal>;
  readonly clock: Clock;
  /** Lowest number of the parts to come. */
  readonly next: number;
  /** Numbers of parts that the next head does not speak of. */
  readonly useless: readonly number[];
}

const VERSION = 4;
/** Parts are saved together until they have so many characters. */
const LOT_SIZE = 65_536;
/** At each save tables of so many groups may be written anew, or of as many as it has anyway. */
const ANEW = 5_000;

export function createState(nodes: readonly Node[], progress: ProgressTable, clock: Clock): State {
  const journals = journalsOf(nodes, progress);
  /** Lowest number of the parts to come. */
  let next = 0;
  /** Numbers of parts that the next head does not speak of. */
  let useless: number[] = [];

  /** The tables that hold the most of no use, as long as there is room. */
  const toWriteAnew = (): ReadonlySet<Journal> => {
    const wasteful = [...journals.values()].filter(({ waste }) => waste > 0).sort((a, b) => b.waste - a.waste);
    const chosen = new Set<Journal>();
    const touched = [...journals.values()].reduce((sum, journal) => sum + journal.touched, 0);
    let room = Math.max(ANEW, touched);
    for (const journal of wasteful) {
      if (room <= 0) break;
      chosen.add(journal);
      room -= journal.table.groups.size;
    }
    return chosen;
  };

  /** What is common is learnt anew where a count of it is new. */
  const learn = (fits: readonly (readonly [id: string, fits: boolean])[]): void => {
    const known = new Map(fits);
    const isNew = [...journals.keys()].some((id) => id.startsWith("common ") && known.get(id) !== true);
    if (isNew && clock.watermark !== undefined) clock.first = clock.watermark;
  };

  const restoreVersion4 = (saved: Readonly<Record<string, unknown>>, parts: Iterable<StatePart>): Restored => {
    if (typeof saved.next !== "number") throw new TypeError("not the number of a part");
    next = saved.next;
    const entries = new Map(
      listOf(saved.tables)
        .map(entryOf)
        .map((entry) => [entry[0], entry]),
    );
    const journalOf = ([id, fingerprint]: Entry): Journal | undefined => {
      const journal = journals.get(id);
      return journal?.fingerprint === fingerprint ? journal : undefined;
    };
    for (const { number, value } of parts) {
      // A save that was broken off left it behind; one to come takes its number.
      if (number >= next) continue;
      const [id, groups] = listOf(JSON.parse(value));
      const entry = entries.get(String(id));
      const journal = entry === undefined || number < entry[2] ? undefined : journalOf(entry);
      if (entry === undefined || journal === undefined) useless.push(number);
      else journal.load(number, groups, entry);
    }
    for (const entry of entries.values()) useless.push(...(journalOf(entry)?.settle(entry) ?? []));
    const fits = [...entries.values()].map((entry) => [entry[0], journalOf(entry) !== undefined] as const);
    learn(fits);
    return restoredOf(fits);
  };

  /** Nothing of it is stored in parts: the next save writes all of it. */
  const restoreVersion3 = (saved: Readonly<Record<string, unknown>>): Restored =>
    restoredOf(
      tablesOfVersion3(saved).map(({ id, fingerprint, state }) => {
        const journal = journals.get(id);
        if (journal === undefined || journal.fingerprint !== fingerprint) return [id, false];
        const { table } = journal;
        const [common, groups] =
          table.common === undefined ? [null, listOf(state)] : [listOf(state)[0], listOf(listOf(state)[1])];
        for (const [index, group] of groups.entries()) table.unpack(index + 1, listOf(group));
        if (table.groups.size !== groups.length) throw new TypeError("a group comes twice");
        table.common?.unpack(common);
        table.groups.settle(groups.length);
        return [id, true];
      }),
    );

  return {
    get stored() {
      return { journals, clock, next, useless };
    },
    adopt({ stored: before }) {
      Object.assign(clock, before.clock);
      next = before.next;
      useless = [...before.useless];
      const fits: [string, boolean][] = [];
      for (const [id, old] of before.journals) {
        const journal = journals.get(id);
        const same = journal?.fingerprint === old.fingerprint;
        if (same) journal.adopt(old);
        else useless.push(...old.stored);
        fits.push([id, same]);
      }
      learn(fits);
      return restoredOf(fits);
    },
    save() {
      const anew = toWriteAnew();
      const drafts = [...journals.values()].map((journal) => ({ journal, draft: journal.begin(anew.has(journal), next) }));
      const times = packClock(clock);
      let number = next;
      const parts = function* (): Generator<StatePart> {
        for (const { draft } of drafts) {
          for (let part = draft.take(number); part !== undefined; part = draft.take(number)) {
            number++;
            yield part;
          }
        }
      };
      return {
        lots: lotsOf(parts()),
        head: () =>
          JSON.stringify({ version: VERSION, next: number, clock: times, tables: drafts.map(({ draft }) => draft.entry) }),
        done() {
          next = number;
          const numbers = [...useless, ...drafts.flatMap(({ journal, draft }) => journal.done(draft))];
          useless = [];
          return numbers;
        },
        abandon() {
          for (const { draft } of drafts) draft.abandon();
        },
      };
    },
    restore({ head, parts }) {
      try {
        const saved = recordOf(JSON.parse(head));
        if (saved.version !== 3 && saved.version !== VERSION) {
          throw new TypeError(`its version is ${String(saved.version)}, not 3 or ${VERSION}`);
        }
        unpackClock(clock, saved.clock);
        return saved.version === 3 ? restoreVersion3(saved) : restoreVersion4(saved, parts);
      } catch (error) {
        // The ledger may fail too, and then the state is as good as it was.
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
        throw new Failure("worker", "bad-detection-state", "the saved state cannot be read", { cause: error });
      }
    },
  };
}

/** What is remembered: of objects, of what a rule follows, and of its incidents. */
function journalsOf(nodes: readonly Node[], progress: ProgressTable): Map<string, Journal> {
  const journals = [new Journal(OBJECTS, "", progress.table)];
  for (const { rule, follower, episodes, rarities, held } of nodes) {
    if (follower !== undefined)
      journals.push(new Journal(tableId("follower", rule.name), followerFingerprint(rule), follower.table));
    if (episodes !== undefined)
      journals.push(new Journal(tableId("episodes", rule.name), episodesFingerprint(rule), episodes.table));
    if (held !== undefined) journals.push(new Journal(tableId("held", rule.name), "", held.table));
    for (const [id, { table }] of rarities) journals.push(new Journal(tableId(`common ${id}`, rule.name), id, table));
  }
  return new Map(journals.map((journal) => [journal.id, journal]));
}

function* lotsOf(parts: Iterable<StatePart>): Generator<StatePart[]> {
  let lot: StatePart[] = [];
  let size = 0;
  for (const part of parts) {
    lot.push(part);
    size += part.value.length;
    if (size < LOT_SIZE) continue;
    yield lot;
    lot = [];
    size = 0;
  }
  if (lot.length > 0) yield lot;
}

/** By rule: one of whose tables even one was left has lost its state. */
function restoredOf(tables: readonly (readonly [id: string, fits: boolean])[]): Restored {
  const rules = new Map<string, boolean>();
  for (const [id, fits] of tables) {
    const rule = ruleOf(id);
    if (rule !== undefined) rules.set(rule, fits && rules.get(rule) !== false);
  }
  const names = [...rules.keys()];
  return { restored: names.filter((name) => rules.get(name)), discarded: names.filter((name) => !rules.get(name)) };
}

function packClock({ watermark, first, inspected, replayed, late, matches }: Clock): Json {
  return [watermark ?? null, inspected, replayed, late, matches, Number.isFinite(first) ? first : null];
}

function unpackClock(clock: Clock, data: unknown): void {
  const [watermark, inspected, replayed, late, matches, first] = listOf(data);
  clock.watermark = typeof watermark === "number" ? watermark : undefined;
  // A state of before that was saved has been learning for long.
  if (first !== null) clock.first = typeof first === "number" ? first : Number.NEGATIVE_INFINITY;
  [clock.inspected = 0, clock.replayed = 0, clock.late = 0, clock.matches = 0] = [inspected, replayed, late, matches].map(Number);
}

function entryOf(data: unknown): Entry {
  const [id, fingerprint, since, floor, touches, size, common] = listOf(data);
  const numbers = [since, floor, touches, size];
  if (typeof id !== "string" || typeof fingerprint !== "string" || !numbers.every((number) => typeof number === "number")) {
    throw new TypeError("not a table");
  }
  return [id, fingerprint, ...(numbers as [number, number, number, number]), common as Json];
}
