import type { Flow } from "../../flow/flow.ts";
import type { Columns, Zone } from "../../flow/types.ts";
import { IpAddress, type IpBits, readAddress, words } from "../../lib/ip/address.ts";
import { AddressMemory } from "./address-memory.ts";
import type { ApprovedDestination, ApprovedDestinationTable } from "./approved-destinations.ts";
import type { NetworkRow, NetworkTable } from "./networks.ts";
import type { ServerRow, ServerTable } from "./servers.ts";

/** What the tables say about an address. Addresses of which they say the same share one. */
export interface AddressAnswer {
  /** Invalid for a text that is no address; then the rest is undefined. */
  readonly zone: Zone;
  readonly network: string | undefined;
  readonly server: string | undefined;
  readonly columns: Columns | undefined;
  /** Name under which it is an approved destination. */
  readonly approved: string | undefined;
}

const INVALID: AddressAnswer = {
  zone: "invalid",
  network: undefined,
  server: undefined,
  columns: undefined,
  approved: undefined,
};

/** So many different answers are remembered; one more, and the book starts anew. */
const MAX_ANSWERS = 65_536;

/**
 * The answers of the tables to the addresses of flows, which repeat. What it remembers is bounded, and goes with the snapshot of
 * the tables that it belongs to. It is keyed by the bits of addresses, because to hash the text of every address of every flow
 * costs more than to read it, and holds numbers side by side, because it is in use between everything else that happens to a flow.
 */
export class AddressBook {
  /** The answers to the addresses of the flow that was looked up last; undefined for one that is missing. */
  source: AddressAnswer | undefined = undefined;
  destination: AddressAnswer | undefined = undefined;
  /** The bits of the two addresses; family 0 for one that is missing or none. Overwritten by the next look-up. */
  readonly sourceIp = new ReadBits();
  readonly destinationIp = new ReadBits();
  #sourceText: string | undefined = undefined;
  #destinationText: string | undefined = undefined;
  readonly #servers: ServerTable;
  readonly #networks: NetworkTable;
  readonly #approved: ApprovedDestinationTable;
  readonly #v4: AddressMemory;
  readonly #v6: AddressMemory;
  /** Remembered by number; number 0 is none. */
  readonly #answers: AddressAnswer[] = [INVALID];
  readonly #numbers = new Map<ServerRow | undefined, Map<NetworkRow | undefined, Map<ApprovedDestination | undefined, number>>>();

  /** Remembers about `capacity` addresses (a power of two) of each family. */
  constructor(servers: ServerTable, networks: NetworkTable, approved: ApprovedDestinationTable, capacity = 16_384) {
    this.#servers = servers;
    this.#networks = networks;
    this.#approved = approved;
    this.#v4 = new AddressMemory(1, capacity);
    this.#v6 = new AddressMemory(4, capacity);
  }

  /** Looks up both addresses of a flow. Enrichers do so in turn: for the same flow only the first one costs. */
  look({ sourceAddress, destinationAddress }: Flow): void {
    if (sourceAddress !== this.#sourceText) {
      this.#sourceText = sourceAddress;
      this.source = this.#find(sourceAddress, this.sourceIp);
    }
    if (destinationAddress !== this.#destinationText) {
      this.#destinationText = destinationAddress;
      this.destination = this.#find(destinationAddress, this.destinationIp);
    }
  }

  get(address: string): AddressAnswer {
    return this.#find(address, new ReadBits()) ?? INVALID;
  }

  #find(address: string | undefined, bits: ReadBits): AddressAnswer | undefined {
    const family = address === undefined ? 0 : readAddress(address);
    bits.take(family);
    if (family === 0) return address === undefined ? undefined : INVALID;
    const memory = family === 4 ? this.#v4 : this.#v6;
    const known = memory.recall(bits);
    if (known !== 0) return this.#answers[known];
    const number = this.#ask(new IpAddress(family, bits.w0, bits.w1, bits.w2, bits.w3));
    memory.remember(bits, number);
    return this.#answers[number];
  }

  /** The number of the tables' answer. */
  #ask(ip: IpAddress): number {
    const network = this.#networks.find(ip);
    const server = this.#servers.find(ip);
    const approved = this.#approved.find(ip);
    if (this.#answers.length > MAX_ANSWERS) this.#forget();
    const byNetwork = within(this.#numbers, server);
    const byApproval = within(byNetwork, network);
    let number = byApproval.get(approved);
    if (number === undefined) {
      number = this.#answers.length;
      byApproval.set(approved, number);
      this.#answers.push({
        zone: network?.zone ?? "external",
        network: network?.name,
        server: server?.server,
        columns: server?.columns,
        approved: approved?.name,
      });
    }
    return number;
  }

  #forget(): void {
    this.#answers.length = 1;
    this.#numbers.clear();
    this.#v4.clear();
    this.#v6.clear();
  }
}

/** The map under a key, made when it is first asked for. */
function within<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  let inner = maps.get(key);
  if (inner === undefined) {
    inner = new Map();
    maps.set(key, inner);
  }
  return inner;
}

/** Bits that are overwritten from address to address. */
class ReadBits implements IpBits {
  family: 0 | 4 | 6 = 0;
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;

  /** Takes over the address that was read last, of the family that reading it returned. */
  take(family: 0 | 4 | 6): void {
    this.family = family;
    this.w0 = words[0] as number;
    this.w1 = words[1] as number;
    this.w2 = words[2] as number;
    this.w3 = words[3] as number;
  }
}
