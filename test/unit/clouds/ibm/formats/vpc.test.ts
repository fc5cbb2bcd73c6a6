import { expect, test } from "vitest";
import { decode } from "../../../formats/decoding.ts";

const flow =
  '{"start_time":"2021-03-05T08:01:10Z","end_time":"","action":"accepted","initiator_ip":"10.0.0.5","target_ip":"10.0.0.6","initiator_port":1,"target_port":2,"transport_protocol":17,"bytes_from_initiator":1,"packets_from_initiator":1,"bytes_from_target":0,"packets_from_target":0}';
const objectOf = (records: number): string =>
  `{"version":"0.0.1","flow_logs":[${Array(records).fill(flow).join(",")}],"state":"ok","network_interface_id":"02b7-6a1e","number_of_flow_logs":${records}}`;

test("the flows of a list of up to 20,000 wait for the header behind it; a longer one is read without it, wherever the reading begins", async () => {
  const states = async (records: number, skip: number) => {
    const { flows, bad, quality, through } = await decode("ibm-vpc", objectOf(records), { skip });
    expect([bad, quality, through, flows.length]).toEqual([[], [], records, records - skip]);
    return new Set(flows.map(({ context }) => `${context.logVersion} ${context.captureState} ${context.vnic}`));
  };
  for (const skip of [0, 19_999]) {
    expect(await states(20_000, skip)).toEqual(new Set(["0.0.1 ok 02b7-6a1e"]));
    expect(await states(20_001, skip)).toEqual(new Set(["0.0.1 undefined undefined"]));
  }
});
