// AssemblyScript. Events of OCI's VCN flow logs, a line each in the order of members that Connector Hub writes, to the OTLP request that
// the sink `otlp` makes of them (protobuf, schema otel, no tables). What repeats (blocks of metadata, addresses, ports, protocols,
// combinations of words) the host is asked about once; it answers with what the program's own code makes of it. Texts and numbers that
// change are read and written here. A line in any other form is left to the host.

export { FOREIGN, INPUT, INPUT_END, ARENA, ARENA_END, PROTOCOLS, TEMPLATES, RANKS, UIDS, VALID, IPV6, NAMELESS } from "./memory";
export { add, getCount, getRecord, getStopped, setMost, setObject, setRecord } from "./batch";
export { scan } from "./lines";
export { getWritten, write } from "./requests";
