/** Members of an event's `data`, in the order in which Connector Hub writes them, as JSON text. */
const DATA = {
  action: '"ACCEPT"',
  bytesOut: "1840",
  destinationAddress: '"10.0.1.7"',
  destinationPort: "443",
  endTime: "1725632770",
  flowid: '"fe75a27e"',
  packets: "12",
  protocol: "6",
  protocolName: '"TCP"',
  sourceAddress: '"198.51.100.23"',
  sourcePort: "51514",
  startTime: "1725632768",
  status: '"OK"',
  version: '"2"',
};

/** Members of the event behind `data` and its block of metadata. */
const REST = {
  source: '"-"',
  specversion: '"1.0"',
  time: '"2024-09-06T14:26:08.000Z"',
  type: '"com.oraclecloud.vcn.flowlogs.DataEvent"',
};

/** A block of metadata as OCI documents it. */
export const BLOCK = {
  compartmentid: '"ocid1.compartment.oc1..logs"',
  ingestedtime: '"2024-09-06T14:33:30.385Z"',
  instanceOcid: '"ocid1.instance.oc1.iad.web1"',
  loggroupid: '"ocid1.loggroup.oc1.iad.group"',
  logid: '"ocid1.log.oc1.iad.log"',
  tenantid: '"ocid1.tenancy.oc1..acme"',
  vcnOcid: '"ocid1.vcn.oc1.iad.vcn"',
  vniccompartmentocid: '"ocid1.compartment.oc1..network"',
  vnicocid: '"ocid1.vnic.oc1.iad.web1"',
  vnicsubnetocid: '"ocid1.subnet.oc1.iad.front"',
};

/** Values are JSON text; a member that is undefined is left out. */
export type Members = Readonly<Record<string, string | undefined>>;

export function objectOf(members: Members): string {
  let text = "";
  for (const name in members) {
    if (members[name] !== undefined) text += `${text === "" ? "" : ","}"${name}":${members[name]}`;
  }
  return `{${text}}`;
}

/** An event with other values in these members. */
export function event(data: Members = {}, block: Members = {}, rest: Members = {}): string {
  return eventWith(objectOf({ ...BLOCK, ...block }), data, rest);
}

/** An event with this block of metadata, which is JSON text. */
export function eventWith(block: string, data: Members = {}, rest: Members = {}): string {
  return objectOf({ data: objectOf({ ...DATA, ...data }), id: '"69254429"', oracle: block, ...REST, ...rest });
}
