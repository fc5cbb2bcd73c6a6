-- The archive as a table, and as the flattened view of IBM's documentation with its column names. In Trino, in a schema of the hive connector,
-- after the location is that of the archive. New folders are found by
--   CALL system.sync_partition_metadata('default', 'flows', 'ADD');
-- Times are UTC. `compact` leaves each flow there once. Counters are unsigned: Trino reads those from 2^63 on as negative numbers, which the
-- view corrects.
CREATE TABLE flows (
  "time" timestamp(3),
  "log.record.uid" varchar,
  "source.address" varchar,
  "source.address.hex" varchar,
  "source.port" integer,
  "destination.address" varchar,
  "destination.address.hex" varchar,
  "destination.port" integer,
  "flow.bytes" bigint,
  "flow.packets" bigint,
  "flow.start" bigint,
  "flow.end" bigint,
  "flow.action" varchar,
  "flow.status" varchar,
  "flow.protocol.number" integer,
  "flow.protocol.name" varchar,
  "network.transport" varchar,
  "network.type" varchar,
  "network.io.direction" varchar,
  "flow.direction" varchar,
  "flow.traffic_type" varchar,
  "flow.initiator" varchar,
  "flow.source.zone" varchar,
  "flow.destination.zone" varchar,
  "flow.source.service" varchar,
  "flow.destination.service" varchar,
  "flow.source.server" varchar,
  "flow.destination.server" varchar,
  "flow.source.network" varchar,
  "flow.destination.network" varchar,
  "flow.destination.approved" varchar,
  "source.geo.country.iso_code" varchar,
  "destination.geo.country.iso_code" varchar,
  "source.as.number" bigint,
  "destination.as.number" bigint,
  "source.as.organization.name" varchar,
  "destination.as.organization.name" varchar,
  "flow.source.columns" varchar,
  "flow.destination.columns" varchar,
  "flow.reverse.bytes" bigint,
  "flow.reverse.packets" bigint,
  "flow.cumulative.bytes" bigint,
  "flow.cumulative.packets" bigint,
  "flow.cumulative.reverse.bytes" bigint,
  "flow.cumulative.reverse.packets" bigint,
  "flow.connection.start" bigint,
  "flow.connection.initiated" boolean,
  "flow.connection.terminated" boolean,
  "flow.id" varchar,
  "flow.tcp.flags" bigint,
  "flow.packet.source.address" varchar,
  "flow.packet.destination.address" varchar,
  "flow.source.cloud_service" varchar,
  "flow.destination.cloud_service" varchar,
  "flow.traffic_path" bigint,
  "flow.reject_reason" varchar,
  "flow.encryption" bigint,
  "flow.column.columns" varchar,
  "flow.rule.status" varchar,
  "flow.rule.kind" varchar,
  "flow.rule.list.name" varchar,
  "flow.rule.list.id" varchar,
  "flow.rule.index" bigint,
  "flow.rule.text" varchar,
  "flow.rule.stateless" boolean,
  "flow.rule.reply" boolean,
  "flow.rule.partial" boolean,
  "flow.rule.version" varchar,
  "flow.detections" array(varchar),
  "flow.subnet.id" varchar,
  "flow.subnet.name" varchar,
  "flow.vnic.id" varchar,
  "flow.vnic.public_ip" varchar,
  "host.id" varchar,
  "cloud.availability_zone" varchar,
  "flow.compartment.id" varchar,
  "flow.capture_filter.id" varchar,
  "flow.resource.id" varchar,
  "flow.resource.type" varchar,
  "flow.resource.managed" boolean,
  "flow.collector.id" varchar,
  "flow.log.version" varchar,
  "flow.capture.start" bigint,
  "flow.capture.end" bigint,
  "flow.capture.state" varchar,
  "flow.capture.records" bigint,
  "flow.record_type" varchar,
  "flow.stream.id" varchar,
  "log.file.path" varchar,
  "flow.sampling.rate" bigint,
  "flow.aggregated.records" bigint,
  "flow.lookups.version" varchar,
  "cloud.provider" varchar,
  "cloud.account.id" varchar,
  "cloud.region" varchar,
  "flow.vcn.id" varchar,
  year integer,
  month integer,
  day integer,
  hour integer
)
WITH (
  format = 'PARQUET',
  external_location = 's3://flow-archive/',
  partitioned_by = ARRAY['year', 'month', 'day', 'hour']
);

-- The capture window is what the log's object says; where a log says nothing of it, the times of the flow stand there.
CREATE OR REPLACE VIEW FLOW_FLAT AS
SELECT
  "flow.log.version" AS version,
  "flow.collector.id" AS collector_crn,
  "flow.vnic.id" AS network_interface_id,
  "host.id" AS instance_crn,
  "flow.vcn.id" AS vpc_crn,
  coalesce(CAST(from_unixtime_nanos("flow.capture.start" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)), time) AS capture_start_time,
  coalesce(CAST(from_unixtime_nanos("flow.capture.end" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)), CAST(from_unixtime_nanos("flow.end" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)), time) AS capture_end_time,
  "flow.capture.records" AS number_of_flow_logs,
  coalesce("flow.capture.state", CASE "flow.status" WHEN 'SKIPDATA' THEN 'skip data' ELSE 'ok' END) AS state,
  "flow.vnic.id" AS "vnic-id",
  "flow.subnet.id" AS "subnet-id",
  "cloud.account.id" AS account,
  "cloud.region" AS region,
  CAST(from_unixtime_nanos("flow.start" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)) AS start_time,
  CAST(from_unixtime_nanos("flow.end" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)) AS end_time,
  CAST(from_unixtime_nanos("flow.connection.start" * 1000000) AT TIME ZONE 'UTC' AS timestamp(3)) AS connection_start_time,
  CASE "flow.direction" WHEN 'ingress' THEN 'I' WHEN 'egress' THEN 'O' END AS direction,
  CASE "flow.action" WHEN 'accept' THEN 'accepted' WHEN 'reject' THEN 'rejected' END AS action,
  "source.address" AS initiator_ip,
  "destination.address" AS target_ip,
  "source.port" AS initiator_port,
  "destination.port" AS target_port,
  "flow.protocol.number" AS transport_protocol,
  CASE "network.type" WHEN 'ipv6' THEN 'IPv6' ELSE 'IPv4' END AS ether_type,
  "flow.connection.initiated" AS was_initiated,
  "flow.connection.terminated" AS was_terminated,
  CAST("flow.bytes" AS decimal(20, 0)) + IF("flow.bytes" < 0, DECIMAL '18446744073709551616', 0) AS bytes_from_initiator,
  CAST("flow.packets" AS decimal(20, 0)) + IF("flow.packets" < 0, DECIMAL '18446744073709551616', 0) AS packets_from_initiator,
  CAST("flow.reverse.bytes" AS decimal(20, 0)) + IF("flow.reverse.bytes" < 0, DECIMAL '18446744073709551616', 0) AS bytes_from_target,
  CAST("flow.reverse.packets" AS decimal(20, 0)) + IF("flow.reverse.packets" < 0, DECIMAL '18446744073709551616', 0) AS packets_from_target,
  CAST("flow.cumulative.bytes" AS decimal(20, 0)) + IF("flow.cumulative.bytes" < 0, DECIMAL '18446744073709551616', 0) AS cumulative_bytes_from_initiator,
  CAST("flow.cumulative.packets" AS decimal(20, 0)) + IF("flow.cumulative.packets" < 0, DECIMAL '18446744073709551616', 0) AS cumulative_packets_from_initiator,
  CAST("flow.cumulative.reverse.bytes" AS decimal(20, 0)) + IF("flow.cumulative.reverse.bytes" < 0, DECIMAL '18446744073709551616', 0) AS cumulative_bytes_from_target,
  CAST("flow.cumulative.reverse.packets" AS decimal(20, 0)) + IF("flow.cumulative.reverse.packets" < 0, DECIMAL '18446744073709551616', 0) AS cumulative_packets_from_target,
  year, month, day, hour
FROM flows;

-- The queries of IBM's documentation.

-- 1. A hundred flows of a date. The conditions on year, month and day choose files; without them all are opened.
--   SELECT * FROM FLOW_FLAT WHERE year = 2026 AND month = 1 AND day = 31 LIMIT 100;

-- 2. Accepted TCP connections of a date, by the hour.
--   SELECT hour(capture_start_time) AS hour, network_interface_id, initiator_ip, target_port
--   FROM FLOW_FLAT
--   WHERE transport_protocol = 6 AND action = 'accepted' AND year = 2026 AND month = 1 AND day = 31
--   ORDER BY hour LIMIT 100;

-- 3. The targets that received most HTTPS packets in the last seven days: all seven, where the original takes one of them.
--   SELECT target_ip, sum(packets_from_initiator) AS packets_received, sum(packets_from_target) AS packets_sent
--   FROM FLOW_FLAT
--   WHERE target_port = 443
--     AND CAST(format('%04d-%02d-%02d', year, month, day) AS date) >= current_date - INTERVAL '7' DAY
--     AND capture_start_time >= CAST(now() AT TIME ZONE 'UTC' AS timestamp(3)) - INTERVAL '7' DAY
--   GROUP BY target_ip ORDER BY packets_received DESC LIMIT 10;

-- 4. The targets that received most bytes in the last hour, which lies in two folders: the original takes the hour of midnight.
--   SELECT target_ip, sum(bytes_from_initiator) AS bytes
--   FROM FLOW_FLAT
--   WHERE CAST(format('%04d-%02d-%02d', year, month, day) AS date) >= current_date - INTERVAL '1' DAY
--     AND capture_start_time > CAST(now() AT TIME ZONE 'UTC' AS timestamp(3)) - INTERVAL '1' HOUR
--   GROUP BY target_ip ORDER BY bytes DESC LIMIT 5;

-- 5. The interface whose objects came most often: the archive has flows, so these are counted.
--   SELECT network_interface_id, count(*) AS flows FROM FLOW_FLAT GROUP BY 1 ORDER BY 2 DESC LIMIT 1;

-- 6. A day as Parquet, in folders of hours: the archive is that already. A copy of a day:
--   CREATE TABLE day WITH (format = 'PARQUET', partitioned_by = ARRAY['year', 'month', 'day', 'hour'])
--   AS SELECT * FROM FLOW_FLAT WHERE year = 2026 AND month = 1 AND day = 31;
