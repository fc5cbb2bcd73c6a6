import type { BadRecords } from "../contracts/decoder.ts";
import { type DeadLetter, type Found, type Ledger, MANY_BAD } from "../contracts/ledger.ts";
import type { Note } from "./catalogue.ts";
import { NO_SINK } from "./letters.ts";
import type { Tables } from "./statements.ts";

/** Most dead letters that the bad records of one object make; further ones are counted in the last of them. */
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
  { sql, transaction, reading }: Tables,
  add: (letters: readonly DeadLetter[]) => number,
  note: Note,
): Pick<Ledger, "found" | "readToEnd" | "recordsIn"> {
  const noteAll = ({ sourceId, key }: ObjectRow, notices: Found["notices"]) => {
    for (const [kind, some] of Map.groupBy(notices, (notice) => notice.kind)) {
      note(sourceId, kind, key, some.at(-1)?.message ?? "", some.length);
    }
  };
  /** Whether there is a last letter that counts what is not listed; then it counts these records too. */
  const grow = ({ sourceId, key, etag }: ObjectRow, count: number, to: number | undefined) =>
    sql(
      `update dead_letters set count = iif(last is null, count, count + ?1), last = iif(last is null, null, ?2)
       where sink = '${NO_SINK}' and source = ?3 and key = ?4 and etag = ?5 and code = '${MANY_BAD}'`,
    ).run(count, to ?? null, sourceId, key, etag).changes === 1;
  const addBad = (object: ObjectRow, bad: readonly BadRecords[]): DeadLetter[] => {
    const { sourceId, source, key, etag } = object;
    const found = sql(
      `select count(*) as n from dead_letters where sink = '${NO_SINK}' and source = ? and key = ? and etag = ?`,
    ).get(sourceId, key, etag);
    let left = LETTERS_PER_OBJECT - (found?.n as number);
    return bad.flatMap(({ from, to, code, reason }) => {
      const letter = { sink: undefined, source, key, etag, from, to, count: to === undefined ? 1 : to - from + 1, code, reason };
      if (left <= 1 && grow(object, letter.count, to)) return [];
      const own = left > 1 ? letter : { ...letter, code: MANY_BAD, reason: `bad here and further on, first: ${reason}` };
      if (add([own]) === 0) return [];
      left -= 1;
      return [own];
    });
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
