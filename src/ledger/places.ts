import type { RecordRange } from "../contracts/decoder.ts";
import type { Tables } from "./statements.ts";

/** Which of the records that a dead letter spans it counts; one without rows here counts all of them, or does not say which. */
export const PLACES_SCHEMA = `
create table if not exists bad_places (
  letter integer not null references dead_letters (id) on delete cascade,
  first integer not null,
  places text not null,
  primary key (letter, first)
) without rowid;
`;

/** Of one letter so many characters of places are kept: about 250,000 places. */
const MOST_CHARACTERS = 1_048_576;

export interface Places {
  /** Further records of the letter, behind all that it has. Within a transaction of its caller. */
  append(letter: number, places: readonly RecordRange[]): void;
  /** Ascending; undefined if the letter has none. */
  of(letter: number): RecordRange[] | undefined;
  /** Whether the letter has any, and whether there is room for more. */
  room(letter: number): { readonly hasAny: boolean; readonly isFull: boolean };
}

/** The places of letters, each row with those that came together: `[gap, length, gap, length, …]`, the last length null for "to the end". */
export function placesOf({ sql, reading }: Tables): Places {
  return {
    append(letter, places) {
      const [first] = places;
      if (first === undefined) return;
      let through = first.from - 1;
      const numbers = places.flatMap(({ from, to }) => {
        const gap = from - through - 1;
        through = to ?? through;
        return [gap, to === undefined ? null : to - from + 1];
      });
      sql("insert into bad_places values (?, ?, ?)").run(letter, first.from, JSON.stringify(numbers));
    },
    of(letter) {
      const rows = reading(() => sql("select first, places from bad_places where letter = ? order by first").all(letter));
      return rows.length === 0 ? undefined : rows.flatMap((row) => rangesOf(row.first as number, row.places as string));
    },
    room(letter) {
      const size = sql("select sum(length(places)) as size from bad_places where letter = ?").get(letter)?.size as number | null;
      return { hasAny: size !== null, isFull: (size ?? 0) >= MOST_CHARACTERS };
    },
  };
}

function rangesOf(first: number, places: string): RecordRange[] {
  const numbers = JSON.parse(places) as (number | null)[];
  const ranges: RecordRange[] = [];
  let through = first - 1;
  for (let at = 0; at < numbers.length; at += 2) {
    const from = through + 1 + (numbers[at] ?? 0);
    const length = numbers[at + 1] ?? undefined;
    through = from + (length ?? 0) - 1;
    ranges.push({ from, to: length === undefined ? undefined : through });
  }
  return ranges;
}
