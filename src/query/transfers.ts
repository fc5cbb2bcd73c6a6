/** Transfers of one size follow each other by at most this factor. */
export const STEP = 4;

/** Transfers of a pair in the same slot of time are one. */
export const SLOT_MS = 3_600_000;

/** A transfer is unusual from this robust score on (Iglewicz and Hoaglin, 1993). */
export const UNUSUAL = 3.5;
/** Of so many values on a median and a deviation from it are taken for what is usual. */
const ENOUGH = 12;
/** The least deviation that counts: nothing below twice the usual is unusual, however regular that is. */
const LEAST_DEVIATION = Math.LN2 / UNUSUAL;

/** The relation `ends`: a number for each address, and what is known of it beside. */
export const ENDS = `SELECT row_number() OVER (ORDER BY address)::INT AS id, *
FROM (
  SELECT coalesce(source, destination) AS address, bool_or(source IS NOT NULL) AS sends, bool_or(destination IS NOT NULL) AS receives,
    ${["server", "network", "zone"].map((what) => `coalesce(any_value(source_${what}), any_value(destination_${what})) AS ${what}`).join(", ")}
  FROM (
    SELECT "source.address" AS source, "destination.address" AS destination, ${["server", "network", "zone"].map(ofEnds).join(", ")}
    FROM flows GROUP BY GROUPING SETS ((source), (destination))
  )
  WHERE coalesce(source, destination) IS NOT NULL GROUP BY ALL
)`;

/** Of the address by which the rows are grouped; the other is NULL. */
function ofEnds(what: string): string {
  return ["source", "destination"]
    .map((side) => `CASE WHEN ${side} IS NOT NULL THEN any_value("flow.${side}.${what}") END AS ${side}_${what}`)
    .join(", ");
}

/**
 * The relation `transfers`: what was accepted from one address to another (their numbers in `ends`) in one hour, by the services of both
 * ports. A record of both ways is two transfers. The name of a service that is not known is `Unknown`.
 */
export const TRANSFERS = `SELECT slot, s.id AS source, d.id AS destination, traffic_from, traffic_to, bytes, ln(bytes) AS size, flows
FROM (
  SELECT slot, sender, receiver, traffic_from, traffic_to, sum(bytes) AS bytes, count(*) AS flows
  FROM (
${way("source", "destination", "flow.bytes")}
UNION ALL
${way("destination", "source", "flow.reverse.bytes")}
  ) GROUP BY ALL
) JOIN ends s ON s.address = sender JOIN ends d ON d.address = receiver`;

function way(from: string, to: string, bytes: string): string {
  return `SELECT (epoch_ms(time) // ${SLOT_MS})::INT AS slot, "${from}.address" AS sender, "${to}.address" AS receiver,
  coalesce("flow.${from}.service", 'Unknown') AS traffic_from, coalesce("flow.${to}.service", 'Unknown') AS traffic_to, "${bytes}" AS bytes
FROM flows WHERE "flow.action" = 'accept' AND "${bytes}" > 0`;
}

const PAIR = "source, destination, traffic_from, traffic_to";
/** Of so many transfers the quantiles are those of all, near enough. */
const SAMPLE = 20_000;

/** Number, median and deviation of the sizes of a group. */
const USUAL = `count(*) AS amount, median(size) AS median,
    greatest(1.4826 * mad(size), (quantile_cont(size, 0.9) - median(size)) / 1.2816, ${LEAST_DEVIATION}) AS deviation`;

/**
 * The relation `judged`: transfers that are unusual, or of the services and size of the largest; what is usual (`usual`, of which `compared`),
 * and how far they are from it (`score`).
 *
 * Of the logarithms of bytes, usual is the median. The deviation is the median of the distances from it times 1.4826, or the distance of
 * the ninetieth percentile divided by 1.2816, if that is larger, as where the sizes lean upwards; both are the standard deviation of a normal
 * distribution, and neither feels a few transfers that stand out. A transfer is compared with its own pair and services, if these moved
 * something in 12 hours or more; else with those of its services, if there are 12; else with all. Its score is the distance from the median
 * in deviations: it is unusual from 3.5 on, and never below twice the usual bytes. Of more than 20,000 transfers of the same services, or of all,
 * every so many-th is looked at, by a hash that is always the same.
 */
export const JUDGED = `WITH frequent AS (SELECT ${PAIR} FROM transfers GROUP BY ALL HAVING count(*) >= ${ENOUGH}),
pairs AS (SELECT ${PAIR}, ${USUAL} FROM transfers SEMI JOIN frequent USING (${PAIR}) GROUP BY ALL),
amounts AS (SELECT traffic_from, traffic_to, count(*) AS amount FROM transfers GROUP BY ALL),
top AS (SELECT max(size) - ln(${STEP}) AS top_size, arg_max(traffic_from, bytes) AS top_from, arg_max(traffic_to, bytes) AS top_to FROM transfers),
everything AS (
  SELECT ${USUAL} FROM transfers CROSS JOIN (SELECT sum(amount)::BIGINT AS amount FROM amounts) AS of WHERE ${everyOf("of.amount")}
),
services AS (
  SELECT traffic_from, traffic_to, ${USUAL}
  FROM transfers JOIN amounts USING (traffic_from, traffic_to) WHERE ${everyOf("amount")} GROUP BY ALL
),
known AS (
  SELECT traffic_from, traffic_to, IF(is_known, 'service', 'all') AS compared,
    IF(is_known, services.median, everything.median) AS median, IF(is_known, services.deviation, everything.deviation) AS deviation
  FROM services CROSS JOIN everything, LATERAL (SELECT services.amount >= ${ENOUGH} AS is_known)
)
SELECT * FROM (
  SELECT transfers.*, IF(pairs.amount IS NULL, known.compared, 'pair') AS compared, coalesce(pairs.median, known.median) AS usual,
    (size - coalesce(pairs.median, known.median)) / coalesce(pairs.deviation, known.deviation) AS score,
    size > top_size AND traffic_from = top_from AND traffic_to = top_to AS is_largest
  FROM transfers CROSS JOIN top
  JOIN known USING (traffic_from, traffic_to)
  LEFT JOIN pairs USING (${PAIR})
)
WHERE score >= ${UNUSUAL} OR is_largest`;

function everyOf(amount: string): string {
  return `hash(slot, source, destination) % greatest(1, ${amount} // ${SAMPLE})::UBIGINT = 0`;
}
