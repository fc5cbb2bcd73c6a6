import type { Enricher } from "../../contracts/enricher.ts";
import { IpAddress, type IpBits } from "../../lib/ip/address.ts";
import { AddressMemory } from "../tables/address-memory.ts";
import type { Tables } from "../tables/tables.ts";
import { type GeoAnswer, NOTHING } from "./answer.ts";

/** Addresses of each family that are remembered, about; a power of two. */
const CAPACITY = 16_384;
/** So many different answers are remembered; one more, and the memory starts anew. */
const MAX_ANSWERS = 65_536;

/**
 * Sets country and autonomous system of both addresses. Private and invalid ones have none. What databases say is remembered by address,
 * because they are asked by text and answer with objects of their own.
 */
export function geoEnricher({ addresses, geo }: Tables, maxAnswers = MAX_ANSWERS): Enricher {
  if (geo.files.length === 0) return () => {};
  const v4 = new AddressMemory(1, CAPACITY);
  const v6 = new AddressMemory(4, CAPACITY);
  /** Remembered by number; number 0 is none. */
  const answers: GeoAnswer[] = [NOTHING];
  const numbers = new Map<string, number>();

  const ask = (family: 4 | 6, { w0, w1, w2, w3 }: IpBits): number => {
    const answer = geo.find(new IpAddress(family, w0, w1, w2, w3));
    const key = `${answer.country} ${answer.as?.number} ${answer.as?.organization}`;
    let number = numbers.get(key);
    if (number === undefined) {
      if (answers.length > maxAnswers) {
        answers.length = 1;
        numbers.clear();
        v4.clear();
        v6.clear();
      }
      number = answers.push(answer) - 1;
      numbers.set(key, number);
    }
    return number;
  };

  const answerTo = (ip: IpBits): GeoAnswer => {
    if (ip.family === 0) return NOTHING;
    const memory = ip.family === 4 ? v4 : v6;
    let number = memory.recall(ip);
    if (number === 0) {
      number = ask(ip.family, ip);
      memory.remember(ip, number);
    }
    return answers[number] as GeoAnswer;
  };

  return (flow) => {
    addresses.look(flow);
    const source = answerTo(addresses.sourceIp);
    const destination = answerTo(addresses.destinationIp);
    flow.sourceCountry = source.country;
    flow.destinationCountry = destination.country;
    flow.sourceAsNumber = source.as?.number;
    flow.destinationAsNumber = destination.as?.number;
    flow.sourceAsOrganization = source.as?.organization;
    flow.destinationAsOrganization = destination.as?.organization;
  };
}
