/** The autonomous system that announces an address. */
export interface AutonomousSystem {
  /** From 1 to 2^32 - 1. */
  readonly number: number | undefined;
  readonly organization: string | undefined;
}

/** What databases say about an address. */
export interface GeoAnswer {
  /** Two letters of ISO 3166-1, upper case. */
  readonly country: string | undefined;
  readonly as: AutonomousSystem | undefined;
}

/** The one answer that says nothing. */
export const NOTHING: GeoAnswer = { country: undefined, as: undefined };

const LARGEST_AS = 2 ** 32 - 1;

type Members = Readonly<Record<string, unknown>>;

/**
 * What a record of a database says, by the names of MaxMind (GeoIP2, GeoLite2) and DB-IP (`country.iso_code`,
 * `autonomous_system_number`, `autonomous_system_organization`), of IPinfo and ip-location-db (`country_code`, `asn`, `as_name`).
 */
export function answerOf(record: unknown): GeoAnswer {
  const members = asMembers(record);
  if (members === undefined) return NOTHING;
  const { country, country_code, autonomous_system_number, asn, autonomous_system_organization, as_name } = members;
  const number = asNumber(autonomous_system_number) ?? asNumber(asn);
  const organization = asText(autonomous_system_organization) ?? asText(as_name);
  const code = asCountry(asMembers(country)?.iso_code) ?? asCountry(country_code) ?? asCountry(country);
  const as = number === undefined && organization === undefined ? undefined : { number, organization };
  return code === undefined && as === undefined ? NOTHING : { country: code, as };
}

function asMembers(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null ? (value as Members) : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asCountry(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;
}

/** A number, or a text such as AS64496. */
function asNumber(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number(/^(?:AS)?(\d{1,10})$/i.exec(value)?.[1]) : value;
  return typeof number === "number" && number >= 1 && number <= LARGEST_AS && Number.isInteger(number) ? number : undefined;
}
