-- The archive as a table, and as the flattened view of IBM's documentation with its column names. In Spark SQL, with the session in UTC:
--   spark-sql --conf spark.sql.session.timeZone=UTC -f deploy/sql/spark.sql
-- after the path is that of the archive: a folder, or s3a://bucket/prefix. Times are UTC. `compact` leaves each flow there once.
CREATE OR REPLACE TEMPORARY VIEW flows
USING PARQUET
OPTIONS (path 'archive', mergeSchema 'true');

-- The capture window is what the log's object says; where a log says nothing of it, the times of the flow stand there.
CREATE OR REPLACE TEMPORARY VIEW FLOW_FLAT AS
SELECT
  `flow.log.version` AS version,
  `flow.collector.id` AS collector_crn,
  `flow.vnic.id` AS network_interface_id,
  `host.id` AS instance_crn,
  `flow.vcn.id` AS vpc_crn,
  coalesce(timestamp_millis(`flow.capture.start`), time) AS capture_start_time,
  coalesce(timestamp_millis(`flow.capture.end`), timestamp_millis(`flow.end`), time) AS capture_end_time,
  `flow.capture.records` AS number_of_flow_logs,
  coalesce(`flow.capture.state`, CASE `flow.status` WHEN 'SKIPDATA' THEN 'skip data' ELSE 'ok' END) AS state,
  `flow.vnic.id` AS `vnic-id`,
  `flow.subnet.id` AS `subnet-id`,
  `cloud.account.id` AS account,
  `cloud.region` AS region,
  timestamp_millis(`flow.start`) AS start_time,
  timestamp_millis(`flow.end`) AS end_time,
  timestamp_millis(`flow.connection.start`) AS connection_start_time,
  CASE `flow.direction` WHEN 'ingress' THEN 'I' WHEN 'egress' THEN 'O' END AS direction,
  CASE `flow.action` WHEN 'accept' THEN 'accepted' WHEN 'reject' THEN 'rejected' END AS action,
  `source.address` AS initiator_ip,
  `destination.address` AS target_ip,
  `source.port` AS initiator_port,
  `destination.port` AS target_port,
  `flow.protocol.number` AS transport_protocol,
  CASE `network.type` WHEN 'ipv6' THEN 'IPv6' ELSE 'IPv4' END AS ether_type,
  `flow.connection.initiated` AS was_initiated,
  `flow.connection.terminated` AS was_terminated,
  `flow.bytes` AS bytes_from_initiator,
  `flow.packets` AS packets_from_initiator,
  `flow.reverse.bytes` AS bytes_from_target,
  `flow.reverse.packets` AS packets_from_target,
  `flow.cumulative.bytes` AS cumulative_bytes_from_initiator,
  `flow.cumulative.packets` AS cumulative_packets_from_initiator,
  `flow.cumulative.reverse.bytes` AS cumulative_bytes_from_target,
  `flow.cumulative.reverse.packets` AS cumulative_packets_from_target,
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
--     AND make_date(year, month, day) >= current_date() - 7
--     AND capture_start_time >= current_timestamp() - INTERVAL 7 DAYS
--   GROUP BY target_ip ORDER BY packets_received DESC LIMIT 10;

-- 4. The targets that received most bytes in the last hour, which lies in two folders: the original takes the hour of midnight.
--   SELECT target_ip, sum(bytes_from_initiator) AS bytes
--   FROM FLOW_FLAT
--   WHERE make_date(year, month, day) >= current_date() - 1
--     AND capture_start_time > current_timestamp() - INTERVAL 1 HOUR
--   GROUP BY target_ip ORDER BY bytes DESC LIMIT 5;

-- 5. The interface whose objects came most often: the archive has flows, so these are counted.
--   SELECT network_interface_id, count(*) AS flows FROM FLOW_FLAT GROUP BY 1 ORDER BY 2 DESC LIMIT 1;

-- 6. A day as Parquet, in folders of hours: the archive is that already. A copy of a day:
--   CREATE TABLE day USING PARQUET PARTITIONED BY (year, month, day, hour) LOCATION 'day'
--   AS SELECT * FROM FLOW_FLAT WHERE year = 2026 AND month = 1 AND day = 31;
