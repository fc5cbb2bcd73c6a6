import { BINS } from "./ranges.ts";

const HOUR_MS = 3_600_000;

/** Ports of administration, of data, and of file shares: what nobody outside should reach. */
const EXPOSED = [
  21, 22, 23, 135, 139, 445, 1433, 1521, 2049, 2375, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 9042, 9200, 11211, 27017,
];
const ADMIN = [22, 23, 902, 2222, 3389, 5900, 5985, 5986];
const REQUEST = `"flow.initiator" IS DISTINCT FROM 'destination'`;

/** As a password is tried: more than a knock, less than work. */
const SHORT = `"flow.action" = 'accept' AND "flow.packets" BETWEEN 5 AND 60`;

const flowsWhere = (condition: string): string => `coalesce(sum(flows) FILTER (WHERE ${condition}), 0)`;

/** Of the relation `cells`. */
export const TOTALS = `SELECT coalesce(sum(flows), 0) AS flows, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(packets), 0) AS packets,
  ${flowsWhere("action = 'accept'")} AS accepted, ${flowsWhere("action = 'reject'")} AS rejected,
  ${flowsWhere("status = 'OK'")} AS captured, ${flowsWhere("status = 'NODATA'")} AS idle, ${flowsWhere("status = 'SKIPDATA'")} AS lost,
  ${flowsWhere("since IS NULL")} AS timeless, ${flowsWhere("status = 'OK' AND is_undirected")} AS undirected,
  ${flowsWhere("is_subnetless")} AS subnetless, epoch_ms(min(first)) AS first, epoch_ms(max(last)) AS last
FROM cells`;

/**
 * The relation `cells`: the flows of a slot of time, without their addresses. Service and port are those that connections were opened to; a
 * record of the answers has none, and a protocol without ports no port, whatever the log writes there.
 */
export const cells = (
  step: number,
): string => `SELECT epoch_ms(time) // ${step} * ${step} AS since, "flow.action" AS action, "flow.status" AS status,
  coalesce("flow.direction", 'unknown') = 'unknown' AS is_undirected, "flow.subnet.name" IS NULL AS is_subnetless,
  ${REQUEST} AS request, coalesce("flow.source.zone", 'unknown') AS zone, coalesce("flow.subnet.name", "flow.subnet.id", 'unknown') AS subnet,
  CASE WHEN ${REQUEST} THEN "flow.destination.service" END AS service,
  CASE WHEN ${REQUEST} AND "flow.action" = 'accept' THEN coalesce("flow.protocol.name", "flow.protocol.number"::VARCHAR, '?') END AS protocol,
  CASE WHEN ${REQUEST} AND "flow.action" = 'accept' AND "flow.protocol.number" IN (6, 17, 132) THEN "destination.port" END AS port,
  count(*) AS flows, coalesce(sum("flow.bytes"), 0) + coalesce(sum("flow.reverse.bytes"), 0) AS bytes,
  coalesce(sum("flow.packets"), 0) + coalesce(sum("flow.reverse.packets"), 0) AS packets, min(time) AS first, max(time) AS last
FROM flows GROUP BY ALL`;

export const MOMENTS = `SELECT since, coalesce(sum(flows) FILTER (WHERE action = 'accept'), 0) AS accepted,
  coalesce(sum(flows) FILTER (WHERE action = 'reject'), 0) AS rejected, sum(bytes) AS bytes, sum(flows) AS flows
FROM cells WHERE since IS NOT NULL GROUP BY 1 ORDER BY 1`;

export const services = (
  limit: number,
): string => `SELECT coalesce(service, 'Unknown') AS name, sum(flows) AS flows, sum(bytes) AS bytes
FROM cells WHERE action = 'accept' AND request GROUP BY 1 ORDER BY bytes DESC, name LIMIT ${limit}`;

/** Of the relation `transfers`: pairs of a day. */
export const pairs = (limit: number): string => `WITH days AS (
  SELECT slot // 24 AS day, source, destination, traffic_from, traffic_to, sum(flows) AS flows, sum(bytes) AS bytes FROM transfers GROUP BY ALL
), most AS (
  SELECT *, (SELECT count(*) FROM days) AS rows FROM days ORDER BY bytes DESC, day, source, destination, traffic_from, traffic_to LIMIT ${limit}
)
SELECT day::BIGINT * ${24 * HOUR_MS} AS day, f.address AS source, f.server AS source_server, t.address AS destination, t.server AS destination_server,
  traffic_from, traffic_to, flows, bytes, rows
FROM most JOIN ends f ON f.id = source JOIN ends t ON t.id = destination
ORDER BY bytes DESC, day, f.address, t.address, traffic_from, traffic_to`;

export const HISTOGRAM = `SELECT floor(size / ln(2) * ${BINS})::INT AS bin, count(*) AS transfers, min(bytes) AS smallest, max(bytes) AS largest
FROM transfers GROUP BY 1 ORDER BY 1`;

/** Bubbles: the services that moved most by their names, the others as one; `cuts` are bins at which ranges of bytes end. */
export function bubbles({ hours, cuts, from, to }: { hours: number; cuts: readonly number[]; from: number; to: number }): string {
  const range = ["0", ...cuts.map((cut) => `(floor(size / ln(2) * ${BINS}) >= ${cut})::INT`)].join(" + ");
  const named = (column: string, most: number) =>
    `SELECT ${column} FROM transfers GROUP BY 1 ORDER BY sum(bytes) DESC, 1 LIMIT ${most}`;
  return `SELECT (slot // ${hours})::BIGINT * ${hours * HOUR_MS} AS since,
  CASE WHEN traffic_from IN (${named("traffic_from", from)}) THEN traffic_from ELSE 'Other' END AS traffic_from,
  CASE WHEN traffic_to IN (${named("traffic_to", to)}) THEN traffic_to ELSE 'Other' END AS traffic_to,
  ${range} AS range, count(*) AS transfers, sum(bytes) AS bytes, min(bytes) AS smallest, max(bytes) AS largest
FROM transfers WHERE slot IS NOT NULL GROUP BY ALL ORDER BY bytes DESC, since, traffic_from, traffic_to`;
}

export const talkers = (limit: number): string => `WITH moved AS (
  SELECT id, sum(sent) AS sent, sum(received) AS received FROM (
    SELECT source AS id, sum(bytes) AS sent, 0 AS received FROM transfers GROUP BY 1
    UNION ALL SELECT destination, 0, sum(bytes) FROM transfers GROUP BY 1
  ) GROUP BY 1
), most AS (
  SELECT * FROM moved JOIN ends USING (id) ORDER BY sent + received DESC, address LIMIT ${limit}
), peers AS (
  SELECT id, count(DISTINCT peer) AS peers FROM (
    SELECT source AS id, destination AS peer FROM transfers WHERE source IN (SELECT id FROM most)
    UNION ALL SELECT destination, source FROM transfers WHERE destination IN (SELECT id FROM most)
  ) GROUP BY 1
)
SELECT address, server, zone, sent, received, peers FROM most JOIN peers USING (id) ORDER BY sent + received DESC, address`;

export const ports = (
  limit: number,
): string => `SELECT protocol, port, any_value(service) AS service, sum(flows) AS flows, sum(bytes) AS bytes,
  count(*) OVER () AS rows, sum(sum(flows)) OVER () AS all_flows
FROM cells WHERE protocol IS NOT NULL GROUP BY protocol, port ORDER BY flows DESC, protocol, port LIMIT ${limit}`;

export const WAYS = `SELECT zone, subnet, coalesce(service, 'Other') AS service,
  CASE action WHEN 'accept' THEN 'accepted' WHEN 'reject' THEN 'rejected' ELSE 'unknown' END AS action, sum(flows) AS flows
FROM cells WHERE status = 'OK' AND request GROUP BY ALL ORDER BY flows DESC, zone, subnet, 3, 4 LIMIT 5000`;

/** The relation `noted`: flows that were rejected, that hardly anything was sent by, or that went outside; they are few. */
export const NOTED = `SELECT "source.address" AS source, "source.port" AS own, "destination.address" AS address, "destination.port" AS port, time,
  "flow.protocol.number" AS protocol, "flow.action" AS action, "flow.packets" AS packets, ${REQUEST} AS request,
  "flow.source.zone" AS source_zone, "flow.destination.zone" AS zone,
  CASE WHEN "flow.action" = 'reject' THEN "source.geo.country.iso_code" END AS country
FROM flows WHERE "flow.action" = 'reject' OR (${REQUEST} AND (
  ("flow.protocol.number" IN (6, 17) AND "flow.packets" <= 3) OR ("flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "destination.port" NOT IN (53, 123))))`;

/** The relation `rejects`: who was rejected where. */
export const REJECTS = `SELECT source AS address, address AS host, port, any_value(country) AS country, count(*) AS rejected, max(time) AS last
FROM noted WHERE action = 'reject' GROUP BY ALL`;

export const rejectedSources = (limit: number): string => `SELECT address, any_value(server) AS server, any_value(zone) AS zone,
  any_value(country) AS country, sum(rejected) AS rejected, count(DISTINCT host) AS hosts, count(DISTINCT port) AS ports, epoch_ms(max(last)) AS last
FROM rejects LEFT JOIN ends USING (address)
WHERE address IN (SELECT address FROM rejects GROUP BY 1 ORDER BY sum(rejected) DESC, 1 LIMIT ${limit})
GROUP BY 1 ORDER BY rejected DESC, address`;

/** The relation `entries`: who asked for a port of administration or of data, in slots of five minutes. */
export const ENTRIES = `SELECT "source.address" AS source, "destination.address" AS address, "destination.port" AS port, epoch_ms(time) // 300000 AS slot,
  any_value("flow.destination.service") AS service, any_value("flow.rule.text") FILTER (WHERE "flow.action" = 'accept') AS rule,
  count(*) FILTER (WHERE "flow.action" = 'accept') AS accepted, count(*) FILTER (WHERE "flow.action" = 'reject') AS rejected,
  count(*) FILTER (WHERE ${SHORT}) AS short, max(time) AS last
FROM flows WHERE "flow.protocol.number" = 6 AND ${REQUEST} AND "destination.port" IN (${[...new Set([...EXPOSED, ...ADMIN])].join(", ")}) GROUP BY ALL`;

export const exposures = (
  limit: number,
): string => `SELECT address, any_value(t.server) AS server, port, any_value(service) AS service,
  count(DISTINCT source) AS sources, sum(accepted) AS flows, epoch_ms(max(last)) AS last, any_value(rule) AS rule
FROM entries JOIN ends t USING (address) JOIN ends f ON f.address = source
WHERE accepted > 0 AND f.zone = 'external' AND t.zone = 'internal' AND port IN (${EXPOSED.join(", ")})
GROUP BY address, port ORDER BY sources DESC, flows DESC, address, port LIMIT ${limit}`;

/** Who tried 15 ports of a host, or 25 hosts, in five minutes, by flows that were rejected or of three packets at most. */
export const scans = (limit: number): string => `WITH tries AS MATERIALIZED (
  SELECT source AS address, epoch_ms(time) // 300000 AS slot, address AS host, port, time, action = 'reject' AS is_rejected
  FROM noted WHERE protocol IN (6, 17) AND request AND (action = 'reject' OR packets <= 3) AND zone IN ('internal', 'external')
), tried AS (
  SELECT address, slot, host, port, max(time) AS last, count(*) FILTER (WHERE is_rejected) AS rejected, count(*) AS flows
  FROM tries SEMI JOIN (SELECT address, slot FROM tries GROUP BY ALL HAVING count(*) >= 15) USING (address, slot) GROUP BY ALL
), found AS (
  SELECT address, count(DISTINCT host) AS hosts, max(ports) AS ports, sum(rejected) AS rejected, sum(flows) AS flows, max(last) AS last
  FROM (SELECT address, slot, host, count(*) AS ports, sum(rejected) AS rejected, sum(flows) AS flows, max(last) AS last FROM tried GROUP BY ALL)
  GROUP BY address, slot HAVING count(DISTINCT host) >= 25 OR max(ports) >= 15
)
SELECT address, any_value(server) AS server, max(hosts) AS hosts, max(ports) AS ports, sum(rejected)::BIGINT AS rejected, sum(flows)::BIGINT AS flows,
  epoch_ms(max(last)) AS last
FROM found LEFT JOIN ends USING (address) GROUP BY 1 ORDER BY flows DESC, address LIMIT ${limit}`;

/** Who was rejected ten times in an hour at a port of administration of a host, or came there by 15 short sessions in five minutes. */
export const guesses = (limit: number): string => `WITH tries AS (
  SELECT * FROM entries WHERE port IN (${ADMIN.join(", ")})
), rejected AS (
  SELECT source, address, port, sum(rejected) AS rejected, 0 AS sessions, max(last) AS last
  FROM tries GROUP BY source, address, port, slot // 12 HAVING sum(rejected) >= 10
), sessions AS (
  SELECT tries.source, tries.address, tries.port, 0 AS rejected, count(DISTINCT "source.port") AS sessions, max(tries.last) AS last
  FROM flows JOIN tries ON "source.address" = source AND "destination.address" = address AND "destination.port" = port
    AND epoch_ms(time) // 300000 = slot
  WHERE short >= 15 AND ${SHORT} GROUP BY tries.source, tries.address, tries.port, slot HAVING sessions >= 15
)
SELECT source, any_value(f.server) AS source_server, address, any_value(t.server) AS server, port, sum(rejected) AS rejected,
  max(sessions) AS sessions, epoch_ms(max(last)) AS last
FROM (FROM rejected UNION ALL FROM sessions) LEFT JOIN ends t USING (address) LEFT JOIN ends f ON f.address = source
GROUP BY source, address, port ORDER BY sessions DESC, rejected DESC, source, address, port LIMIT ${limit}`;

/**
 * Who opens connections to one port of one address outside at regular intervals: 20 or more in an hour or more, each from a port of its own (a long
 * connection is logged again and again), and the gaps vary by less than 15 % of their mean.
 */
export const beacons = (limit: number): string => `WITH opened AS MATERIALIZED (
  SELECT source AS address, own, address AS host, port, epoch_ms(time) AS at FROM noted
  WHERE action = 'accept' AND request AND source_zone = 'internal' AND zone = 'external' AND port NOT IN (53, 123) AND time IS NOT NULL
), frequent AS (
  SELECT address, host, port FROM opened GROUP BY ALL HAVING count(*) BETWEEN 20 AND 50000 AND max("at") - min("at") >= ${HOUR_MS}
), gaps AS (
  SELECT *, "at" - lag("at") OVER (PARTITION BY address, host, port ORDER BY "at") AS gap
  FROM opened SEMI JOIN frequent USING (address, host, port)
)
SELECT address, any_value(server) AS server, host, port, count(*) AS flows, avg(gap) AS gap, stddev_pop(gap) / avg(gap) AS variation, max("at") AS last
FROM gaps LEFT JOIN ends USING (address) GROUP BY address, host, port
HAVING avg(gap) >= 1000 AND stddev_pop(gap) < 0.15 * avg(gap) AND count(DISTINCT own) >= 20
ORDER BY variation, flows DESC, address, host, port LIMIT ${limit}`;

export const findings = (
  limit: number,
): string => `SELECT rule, count(*) AS flows, count(DISTINCT address) AS sources, epoch_ms(max(time)) AS last
FROM (SELECT unnest("flow.detections") AS rule, "source.address" AS address, time FROM flows WHERE "flow.detections" IS NOT NULL)
GROUP BY 1 ORDER BY flows DESC, rule LIMIT ${limit}`;

export const ADDRESSES = `SELECT count(*) FILTER (WHERE sends) AS sources, count(*) FILTER (WHERE receives) AS destinations FROM ends`;
