import type { Condition } from "../detect/condition.ts";
import { resolveField } from "../detect/fields.ts";
import { hint } from "../detect/hint.ts";
import type { Measure } from "./search.ts";

const KINDS = ["count", "share", "sum", "min", "max", "distinct", "earliest", "latest"] as const;
const FORM = /^([^\s()]+)\s*(?:\(\s*([^()]*?)\s*\))?(?:\s+where\s+(.+))?$/s;

/** Reads the condition behind `where`; one line when it is wrong. */
export type ReadCondition = (text: string) => Condition | string;

/** `count`, `share where web`, `sum(bytes) where web and not internal`, `latest(time)`; or one line that says what is wrong. */
export function readMeasure(label: string, text: string, readCondition: ReadCondition): Measure | string {
  const match = FORM.exec(text);
  const kind = KINDS.find((known) => known === match?.[1]);
  if (match === null) return `'${text}' is no measure: write count, sum(bytes) or count where web, for example`;
  if (kind === undefined) return `unknown measure '${match[1]}'${hint(match[1] ?? "", KINDS)}`;
  const [, , name, condition] = match;
  const where = condition === undefined ? undefined : readCondition(condition);
  if (typeof where === "string") return where;
  switch (kind) {
    case "count":
      return name === undefined ? { kind, label, where } : "count has no field: values are counted by distinct(field)";
    case "share":
      if (name !== undefined) return "share has no field: it is of the flows that meet a condition";
      return where === undefined ? "share needs 'where' and a condition" : { kind, label, where };
    case "earliest":
    case "latest":
      if (name !== "time") return `${kind} is of the time of flows: write ${kind}(time)`;
      return where === undefined ? { kind, label } : `${kind} has no 'where'`;
    default: {
      if (name === undefined || name === "") return `${kind} needs a field: ${kind}(bytes), for example`;
      const field = resolveField(name);
      if (typeof field === "string") return field;
      if (field.name === "time") return "the time of flows is measured by earliest(time) and latest(time)";
      if (kind !== "distinct" && field.class !== "number") return `${field.name} is no number`;
      return { kind, label, field, where };
    }
  }
}
