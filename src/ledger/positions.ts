import type { Acknowledged, CheckpointPosition, DeadLetter, Ledger } from "../contracts/ledger.ts";
import type { Tables } from "./statements.ts";

interface Positions extends Pick<Ledger, "position" | "commit" | "hasAcknowledged"> {
  /** Within a transaction of its caller: sets the positions of a saved state. */
  move(name: string, positions: readonly CheckpointPosition[]): void;
}

const SINK = "(select id from sinks where name = ?)";

/** How far each consumer is with each object, and the accounts of the sinks. */
export function positionsOf(
  { sql, transaction, reading }: Tables,
  setAside: (letters: readonly DeadLetter[]) => number,
): Positions {
  const finish = (sink: string, id: number) => {
    sql(`delete from pending where sink = ${SINK} and object = ?`).run(sink, id);
    const waiting = sql("select 1 from pending where object = ?").get(id);
    if (waiting !== undefined) return;
    // Nobody waits for it any more, so that nobody has to be told that it cannot be read.
    sql("delete from parked where object = ?").run(id);
    sql(
      `delete from objects where id = ? and ord < (select horizon from partitions
       where partitions.source = objects.source and partitions.partition = objects.partition)`,
    ).run(id);
  };
  return {
    position: (sink, id) =>
      reading(() => sql(`select position, settled from pending where sink = ${SINK} and object = ?`).get(sink, id)) as
        | { position: number; settled: number }
        | undefined,
    commit: (sink, id, position, acknowledged: Acknowledged, finished) =>
      transaction(() => {
        const now = Date.now();
        const { filtered = 0, sampled = 0, aggregated = 0, delivered, rejected, setAside: aside, deadLetters } = acknowledged;
        sql(`update pending set position = ?, settled = settled + ? where sink = ${SINK} and object = ?`).run(
          position,
          filtered + sampled + aggregated + delivered + rejected + aside,
          sink,
          id,
        );
        sql(
          `update sinks set delivered = delivered + ?1, rejected = rejected + ?2, dead_lettered = dead_lettered + ?3,
           filtered = filtered + ?6, sampled = sampled + ?7, aggregated = aggregated + ?8,
           last_commit = ?4, last_delivery = iif(?1 > 0, ?4, last_delivery) where name = ?5`,
        ).run(delivered, rejected, aside, now, sink, filtered, sampled, aggregated);
        setAside(deadLetters);
        if (finished) finish(sink, id);
      }),
    hasAcknowledged: (sink) => reading(() => sql("select 1 from sinks where name = ? and delivered > 0").get(sink)) !== undefined,
    move(name, positions) {
      for (const { id, position, finished } of positions) {
        if (finished) finish(name, id);
        else sql(`update pending set position = ? where sink = ${SINK} and object = ?`).run(position, name, id);
      }
    },
  };
}
