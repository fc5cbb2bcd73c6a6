import type { BadRecords } from "../contracts/decoder.ts";
import { type DeadLetter, type Found, type Ledger, MANY_BAD } from "../contracts/ledger.ts";
import type { Note } from "./catalogue.ts";
import { countOf, type Letters, NO_SINK } from "./letters.ts";
import { placesOf } from "./places.ts";
import type { Tables } from "./statements.ts";

/** Most dead letters that the bad records of one object make; the last of them lists the further ones. */
const LETTERS_PER_OBJECT = 1_000;

interface ObjectRow {
  /** Its id in the ledger, and its name. */
  readonly sourceId: number;
  readonly source: string;
  readonly key: string;
  readonly etag: string;
  readonly records: number | null;
  /** What was found up to this record is in the ledger, and of what is said behind it the first so many things; null: all there is. */
  readonly noted: number;
  readonly said: number | null;
}

/** What readings of objects find. */
export function findingsOf(
  tables: Tables,
  { add, addMany }: Pick<Letters, "add" | "addMany">,
  note: Note,
): Pick<Ledger, "found" | "readToEnd" | "recordsIn"> {
  const { sql, transaction, reading } = tables;
  const places = placesOf(tables);
  const noteAll = ({ sourceId, key }: ObjectRow, notices: Found["notices"]) => {
    for (const [kind, some] of Map.groupBy(notices, (notice) => notice.kind)) {
      note(sourceId, kind, key, some.at(-1)?.message ?? "", some.length);
    }
  };
  /** Brings these into the last letter for many places. When it is full there is one more, which counts all that follow and lists none. */
  const addToMany = (object: ObjectRow, bad: readonly BadRecords[]): DeadLetter[] => {
    const { sourceId, key, etag } = object;
    const [first] = bad;
    if (first === undefined) return [];
    const last = sql(
      `select id, last from dead_letters where sink = '${NO_SINK}' and source = ? and key = ? and etag = ? and code = '${MANY_BAD}'
       order by first desc limit 1`,
    ).get(sourceId, key, etag);
    if (last === undefined) return [addMany({ ...object, reason: first.reason }, bad, true)];
    // It stands for all the rest already.
    if (last.last === null) return [];
    const id = last.id as number;
    const { hasAny, isFull } = places.room(id);
    if (isFull) return [addMany({ ...object, reason: first.reason }, bad, false)];
    sql("update dead_letters set count = count + ?, last = ? where id = ?").run(countOf(bad), bad.at(-1)?.to ?? null, id);
    if (hasAny) places.append(id, bad);
    return [];
  };
  const addBad = (object: ObjectRow, bad: readonly BadRecords[]): DeadLetter[] => {
    const { sourceId, source, key, etag } = object;
    const found = sql(
      `select count(*) as n from dead_letters where sink = '${NO_SINK}' and source = ? and key = ? and etag = ?`,
    ).get(sourceId, key, etag);
    const left = Math.max(0, LETTERS_PER_OBJECT - 1 - (found?.n as number));
    const own = bad.slice(0, left).flatMap(({ from, to, code, reason }) => {
      const letter = { sink: undefined, source, key, etag, from, to, count: countOf([{ from, to }]), code, reason };
      return add([letter]) === 0 ? [] : [letter];
    });
    return [...own, ...addToMany(object, bad.slice(left))];
  };
  return {
    found: (id, { bad, notices, through, said }) =>
      transaction(() => {
        const object = sql(
          `select o.source as sourceId, s.name as source, o.key, o.etag, o.records, o.noted, o.said
           from objects o join sources s on s.id = o.source where o.id = ?`,
        ).get(id) as ObjectRow | undefined;
        if (object === undefined || object.records !== null) return [];
        const { noted, said: known } = object;
        const newNotices = notices.filter(
          ({ after, ordinal }) => known !== null && (after > noted || (after === noted && ordinal > known)),
        );
        noteAll(object, newNotices);
        // A second reading may come with other borders between its pieces, and so between neighbours that are told as one.
        const newBad = bad
          .filter(({ to }) => to === undefined || to > noted)
          .map((range) => ({ ...range, from: Math.max(range.from, noted + 1) }));
        const letters = newBad.length === 0 ? [] : addBad(object, newBad);
        if (through > noted || (through === noted && said > (known ?? said))) {
          sql("update objects set noted = ?1, said = iif(said is null, null, ?2) where id = ?3").run(through, said, id);
        }
        return letters;
      }),
    readToEnd: (id, records) =>
      void transaction(() => sql("update objects set records = ? where id = ? and records is null").run(records, id)),
    recordsIn: (id) =>
      (reading(() => sql("select records from objects where id = ?").get(id))?.records as number | null | undefined) ?? undefined,
  };
}
