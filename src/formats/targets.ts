import { SETTERS } from "../flow/access.ts";
import { FIELD_NAMES, FIELDS, type FieldFrom, isFrom } from "../flow/fields.ts";
import type { Flow } from "../flow/flow.ts";
import { protocolKeyword } from "../lib/protocols.ts";
import type { DecodedType } from "./kinds.ts";

type Setter = (flow: Flow, value: unknown) => void;

/** A field of a flow that a decoder fills. */
export interface Target {
  readonly type: DecodedType;
  /** The value is what the kind of that type made of the log's. */
  readonly set: Setter;
}

/** A number also names its protocol, for logs that do not. */
const setProtocol = (flow: Flow, value: number): void => {
  flow.protocol = value;
  flow.protocolName ??= protocolKeyword(value);
};

const targetOf = (name: FieldFrom<"decoder">): Target => ({
  type: FIELDS[name].type,
  set: (name === "protocol" ? setProtocol : SETTERS[name]) as Setter,
});

export const TARGETS: Readonly<Record<string, Target>> = Object.fromEntries(
  FIELD_NAMES.filter((name) => isFrom(name, "decoder")).map((name) => [name, targetOf(name)]),
);
/** Types that a format mapping may name for them. */
export const TARGET_TYPES: readonly string[] = [...new Set(Object.values(TARGETS).map(({ type }) => type))];
