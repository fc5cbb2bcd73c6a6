// AssemblyScript. Takes events of OCI's VCN flow logs, in the order of members that Connector Hub writes, and makes of each the record that the
// sink `otlp` would make of it: protobuf, schemas otel and otel-compact, body summary. What repeats (addresses, ports, protocols, combinations
// of words) the host is asked about once, and blocks of metadata it describes; its answers are what the program's own code makes of them. Texts
// and numbers that change are read and written here. An event in any other form is left to the program.

export {
  ARENA, ARENA_END, ENTRY, INPUT, INPUT_END, INSIDE, IPV6, NAMELESS, OUTPUT, PROTOCOLS, RANKS, TAKEN, TEMPLATES, T_SIZE, UID,
} from "./memory";
export { describe } from "./answers";
export { fetched, getMissedFrom, getMissedTo, getTaken, setTails, take } from "./events";
