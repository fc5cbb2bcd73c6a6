/**
 * A log format of your own: lines of time, source address, source port, destination address, destination port, protocol number, bytes.
 *
 *   2026-01-31T12:00:00Z,10.0.1.7,51234,203.0.113.9,443,6,1200
 *
 * A program registers it; a configuration names it as `format: ./csv-format.ts`.
 */
import { isIP } from "node:net";
import { decodeLines, EMPTY_CONTEXT, Flow, type FormatKind, type LineReader, type Origin, textOf } from "flowferry";

const LINE = /^\d{4}-\d\d-\d\dT[^,]*(,[^,]*){6}$/;

export const format: FormatKind = {
  name: "csv",
  create: () => ({
    // Asked of the first lines of an object when the configuration says `format: auto`.
    recognises: ({ line }) => LINE.test(line),
    decode: (unpacked, origin, options) => decodeLines(unpacked, reader(origin), options),
  }),
};

/** Puts each line into the piece: as a flow, or as a bad record with a code and one line that says why. */
function reader(origin: Origin): LineReader {
  return {
    read(line, record, piece) {
      const [time = "", source = "", sourcePort = "", destination = "", destinationPort = "", protocol = "", bytes = ""] =
        textOf(line).split(",");
      const at = Date.parse(time);
      if (Number.isNaN(at)) return piece.reject(record, { code: "bad-time", reason: `${JSON.stringify(time)} is no time` });
      for (const address of [source, destination]) {
        if (isIP(address) > 0) continue;
        return piece.reject(record, { code: "bad-address", reason: `${JSON.stringify(address)} is no IP address` });
      }
      for (const number of [sourcePort, destinationPort, protocol, bytes]) {
        if (/^\d{1,15}$/.test(number)) continue;
        return piece.reject(record, { code: "bad-number", reason: `${JSON.stringify(number)} is no number` });
      }
      const flow = new Flow(origin, record, EMPTY_CONTEXT, at);
      flow.sourceAddress = source;
      flow.sourcePort = Number(sourcePort);
      flow.destinationAddress = destination;
      flow.destinationPort = Number(destinationPort);
      flow.protocol = Number(protocol);
      flow.bytes = Number(bytes);
      piece.flows.push(flow);
    },
  };
}
