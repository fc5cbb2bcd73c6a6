// src/schemas/record.ts
const classOf = (eventName, severityNumber, severityText) => ({
	eventName,
	severityNumber,
	severityText
});
const ACCEPT = classOf("flow.accept", 9, "INFO");
const REJECT = classOf("flow.reject", 13, "WARN");
const NO_DATA = classOf("flow.no_data", 9, "INFO");
const SKIP_DATA = classOf("flow.skip_data", 13, "WARN");
/** A flow of which the log does not say whether it was accepted. */
const UNKNOWN = classOf("flow.unknown", 9, "INFO");
/** All there are. */
const RECORD_CLASSES = [
	ACCEPT,
	REJECT,
	NO_DATA,
	SKIP_DATA,
	UNKNOWN
];
/** Severity numbers and texts are those of the OpenTelemetry log data model. */
function recordClassOf(flow) {
	if (flow.status === "NODATA") return NO_DATA;
	if (flow.status === "SKIPDATA") return SKIP_DATA;
	if (flow.action === "accept") return ACCEPT;
	return flow.action === "reject" ? REJECT : UNKNOWN;
}
/** One line for people: `accept tcp 10.0.0.1:5044 -> 10.0.1.2:22`, `reject icmp 10.0.0.1 -> 10.0.1.2`, `no data`, `skip data`. */
function summaryOf(flow) {
	if (flow.status === "NODATA") return "no data";
	if (flow.status === "SKIPDATA") return "skip data: flows are missing from the log";
	const source = endpointOf(flow.sourceAddress, flow.sourcePort, flow.protocol);
	const destination = endpointOf(flow.destinationAddress, flow.destinationPort, flow.protocol);
	return `${flow.action ?? "flow"} ${protocolOf(flow)}${source} -> ${destination}`;
}
/**
* The body of a record: a line for people, none, or with `unique` that line and the record's uid, for receivers that take two equal lines
* of one instant for the same one (Loki's queries do).
*/
const BODIES = [
	"summary",
	"unique",
	"none"
];
/** Undefined for none. */
function bodyOf(flow, body) {
	switch (body) {
		case "summary": return summaryOf(flow);
		case "unique": return `${summaryOf(flow)} ${flow.uid}`;
		case "none": return;
	}
}
const lowerCase = /* @__PURE__ */ new Map();
function protocolOf(flow) {
	const name = flow.protocolName;
	if (name === void 0) return flow.protocol === void 0 ? "" : `protocol ${flow.protocol} `;
	let lower = lowerCase.get(name);
	if (lower === void 0) {
		lower = `${name.toLowerCase()} `;
		if (lowerCase.size < 256) lowerCase.set(name, lower);
	}
	return lower;
}
/** Protocols with ports: TCP, UDP, DCCP, SCTP, UDP-Lite; others show theirs only when the log has one. */
const hasPorts = (protocol) => protocol === 6 || protocol === 17 || protocol === 33 || protocol === 132 || protocol === 136;
function endpointOf(address, port, protocol) {
	if (address === void 0) return "?";
	if (port === void 0 || port === 0 && !hasPorts(protocol)) return address;
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
export { recordClassOf as i, RECORD_CLASSES as n, bodyOf as r, BODIES as t };
