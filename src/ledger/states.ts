import type { StateLedger, StatePart } from "../contracts/state-ledger.ts";
import type { Tables } from "./statements.ts";

/** The head of a state says which parts are its own. */
export const STATES_SCHEMA = `
create table if not exists states (name text primary key, value text not null) without rowid;
create table if not exists state_parts (name text not null, number integer not null, value text not null, primary key (name, number));
`;

interface States extends StateLedger {
  /** Within a transaction of its caller. */
  setHead(name: string, head: string): void;
}

/** The states that are saved in a ledger. */
export function statesOf({ sql, transaction, reading }: Tables): States {
  const partsOf = function* (name: string): Generator<StatePart> {
    const numbers = reading(() => sql("select number from state_parts where name = ? order by number").all(name));
    for (const { number } of numbers) {
      const part = reading(() =>
        sql("select number, value from state_parts where name = ? and number = ?").get(name, number as number),
      );
      if (part !== undefined) yield part as unknown as StatePart;
    }
  };
  return {
    put: (name, parts) =>
      transaction(() => {
        const put = sql("insert into state_parts values (?, ?, ?) on conflict do update set value = excluded.value");
        for (const { number, value } of parts) put.run(name, number, value);
      }),
    discard: (name, numbers) =>
      transaction(() => {
        const discard = sql("delete from state_parts where name = ? and number = ?");
        for (const number of numbers) discard.run(name, number);
      }),
    read(name) {
      const head = reading(() => sql("select value from states where name = ?").get(name))?.value as string | undefined;
      return head === undefined ? undefined : { head, parts: { [Symbol.iterator]: () => partsOf(name) } };
    },
    forget: (name) =>
      transaction(() => {
        sql("delete from states where name = ?").run(name);
        sql("delete from state_parts where name = ?").run(name);
      }),
    setHead: (name, head) =>
      void sql("insert into states values (?, ?) on conflict do update set value = excluded.value").run(name, head),
  };
}
