import { literal } from "../dialects/duckdb/conditions.ts";
import { ENDS, JUDGED, SLOT_MS, STEP, TRANSFERS, UNUSUAL } from "./transfers.ts";

/** A value is told where more than so large a share of the cluster has it, and so many times the share that all transfers have. */
const LEAST_SUPPORT = 0.5;
const LEAST_LIFT = 2;
const MOST_CORRELATED = 5;

/** What a cluster is correlated with, in this order where two are equally frequent: of which end, and what of it. */
const CORRELATED = [
  ["Source", "source", "address"],
  ["Destination", "destination", "address"],
  ["Source Server", "source", "server"],
  ["Destination Server", "destination", "server"],
  ["Source Network", "source", "network"],
  ["Destination Network", "destination", "network"],
  ["Source Zone", "source", "zone"],
  ["Destination Zone", "destination", "zone"],
] as const;

export interface UnusualOptions {
  /** Or the cluster in which the largest transfer is: with those of its services that are of its size and time. */
  readonly of?: "unusual" | "largest";
  /** Only transfers from or to this address, or the server of this name; they are compared with those of all. */
  readonly host?: string | undefined;
  /** The relations `ends`, `transfers` and `judged` are there already; what is correlated comes as a list. */
  readonly areGathered?: boolean;
}

/**
 * Clusters of unusual transfers, those that moved most first. Unusual transfers of the same services are one cluster where sizes follow each other within a factor of 4, and hours without a gap.
 * It is correlated with what more than half of its transfers have in common (support), if that is at least twice as frequent among
 * them as among all transfers (lift).
 */
export function unusualTransfers({ of = "unusual", host, areGathered = false }: UnusualOptions = {}): string {
  const relations = { ends: ENDS, transfers: TRANSFERS, judged: JUDGED };
  const gathered = areGathered
    ? ""
    : Object.entries(relations)
        .map(([name, sql]) => `${name} AS MATERIALIZED (\n${sql}\n),\n`)
        .join("");
  const ofHost =
    host === undefined
      ? ""
      : `\n  WHERE ${literal(host)} IN (source_address, destination_address, source_server, destination_server)`;
  const within = CORRELATED.map(
    ([name, side, what], rank) =>
      `  SELECT cluster, ${rank} AS rank, ${literal(name)} AS attribute, ${side}_${what} AS value, count(*) AS transfers
  FROM clustered WHERE value IS NOT NULL GROUP BY ALL`,
  );
  const among = CORRELATED.map(
    ([, side, what], rank) =>
      `  SELECT ${rank} AS rank, ${what} AS value, sum(amount) AS transfers
  FROM ${side}s JOIN ends USING (id) WHERE value IN (SELECT ${side}_${what} FROM clustered) GROUP BY ALL`,
  );
  return `WITH ${gathered}unusual AS MATERIALIZED (
  SELECT judged.*, ${["address", "server", "network", "zone"].map((what) => `f.${what} AS source_${what}, t.${what} AS destination_${what}`).join(", ")}
  FROM judged JOIN ends f ON f.id = source JOIN ends t ON t.id = destination
  WHERE ${of === "unusual" ? `score >= ${UNUSUAL}` : "is_largest"}
),
ranged AS (
  SELECT *, sum(step) OVER (PARTITION BY traffic_from, traffic_to ORDER BY size ROWS UNBOUNDED PRECEDING) AS range FROM (
    SELECT *, (size - lag(size, 1, size) OVER (PARTITION BY traffic_from, traffic_to ORDER BY size) > ln(${STEP}))::INT AS step
    FROM unusual${ofHost}
  )
),
clustered AS MATERIALIZED (
  SELECT *, dense_rank() OVER (ORDER BY traffic_from, traffic_to, range, run) AS cluster FROM (
    SELECT *, sum(gap) OVER (PARTITION BY traffic_from, traffic_to, range ORDER BY slot ROWS UNBOUNDED PRECEDING) AS run FROM (
      SELECT *, coalesce(slot - lag(slot) OVER (PARTITION BY traffic_from, traffic_to, range ORDER BY slot) > 1, FALSE)::INT AS gap FROM ranged
    )
  )
),
clusters AS (
  SELECT cluster, min(slot) AS since, max(slot) + 1 AS until, traffic_from, traffic_to, count(*) AS transfers, sum(flows) AS flows,
    sum(bytes) AS bytes, min(bytes) AS smallest, max(bytes) AS largest, arg_max(usual, bytes) AS usual, arg_max(compared, bytes) AS compared,
    max(score) AS score
  FROM clustered GROUP BY cluster, traffic_from, traffic_to
),
within AS (
${within.join("\n  UNION ALL\n")}
),
sources AS (SELECT source AS id, count(*) AS amount FROM transfers GROUP BY ALL),
destinations AS (SELECT destination AS id, count(*) AS amount FROM transfers GROUP BY ALL),
among AS (
${among.join("\n  UNION ALL\n")}
),
correlated AS (
  SELECT cluster, list(attribute || ' ' || value || ': ' || transfers || ' of ' || size || ', lift ' ||
      CASE WHEN lift < 10 THEN printf('%.1f', lift) ELSE printf('%.0f', lift) END ORDER BY support DESC, lift DESC, rank) AS correlated
  FROM (
    SELECT within.*, clusters.transfers AS size, within.transfers / size AS support,
      support / (among.transfers / (SELECT count(*) FROM transfers)) AS lift
    FROM within JOIN among USING (rank, value) JOIN clusters USING (cluster)
    WHERE support > ${LEAST_SUPPORT} AND lift >= ${LEAST_LIFT}
    QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY support DESC, lift DESC, rank) <= ${MOST_CORRELATED}
  )
  GROUP BY cluster
)
SELECT
  epoch_ms(since::BIGINT * ${SLOT_MS}) AS "From", epoch_ms(until::BIGINT * ${SLOT_MS}) AS "Until",
  traffic_from AS "Traffic From", traffic_to AS "Traffic To",
  transfers AS "Transfers", flows::BIGINT AS "Flows", bytes::HUGEINT AS "Bytes Transferred",
  smallest AS "Smallest", largest AS "Largest", round(exp(usual))::HUGEINT AS "Usual", compared AS "Compared With",
  round(score, 1) AS "Score",
  ${areGathered ? "correlated" : "array_to_string(correlated, '; ')"} AS "Correlated"
FROM clusters LEFT JOIN correlated USING (cluster)
ORDER BY ${of === "unusual" ? "bytes" : "largest"} DESC, since, traffic_from, traffic_to`;
}
