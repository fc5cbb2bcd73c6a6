import type { models } from "oci-loganalytics";
import { Failure } from "../../../lib/errors.ts";
import { allPages, listOf } from "../answers.ts";
import type { LogAnalyticsClient } from "../log-analytics.ts";
import type { Content, OwnField, Parser, Source } from "./build.ts";
import { differences } from "./differences.ts";
import type { ServiceCall } from "./service-call.ts";
import { actionFor, Conflict, type Installer, keyOf, type Step, stepOrConflict } from "./step.ts";

type Fields = ReadonlyMap<string, models.LogAnalyticsField>;
const PAGE = 1000;

/** Fields, parser and log source. Fields are found by their title, parser and source by their name. */
export function definitionsInstaller(
  client: LogAnalyticsClient,
  { namespaceName, compartmentId }: { readonly namespaceName: string; readonly compartmentId: string },
  content: Content,
  call: ServiceCall,
): Installer {
  const { fields: own, parser, source } = content;
  const fieldKey = ({ displayName }: OwnField): string => keyOf({ kind: "field", name: displayName });
  const parserKey = keyOf({ kind: "parser", name: parser.displayName });
  const sourceKey = keyOf({ kind: "source", name: source.displayName });

  const listFields = async (signal: AbortSignal): Promise<Fields> => {
    const all = await allPages("ListFields", (page) => {
      const request = { namespaceName, limit: PAGE, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      return call("ListFields", signal, async () => {
        const { collection, next } = await client.listFields(request);
        return { items: listOf(collection?.items), next };
      });
    });
    return new Map(all.map((field) => [field.displayName ?? "", field]));
  };
  const findParser = (signal: AbortSignal): Promise<models.LogAnalyticsParser | undefined> =>
    call.orAbsent("GetParser", signal, async () => named(await client.getParser({ namespaceName, parserName: parser.name })));
  const findSource = (signal: AbortSignal): Promise<models.LogAnalyticsSource | undefined> => {
    const request = { namespaceName, sourceName: source.name, compartmentId };
    return call.orAbsent("GetSource", signal, async () => named(await client.getSource(request)));
  };

  const fieldStep = (field: OwnField, found: models.LogAnalyticsField | undefined): Step => {
    const { dataType, description } = field;
    if (found?.isSystem === true) {
      // The service has got a field of this title by now: it is used as it is.
      if (found.dataType?.toUpperCase() === dataType) return step("field", field.displayName, "none", []);
      const message = `the service has a field ${field.displayName} of type ${found.dataType}, not ${dataType}: it cannot be used`;
      throw new Conflict("field-conflict", message);
    }
    const changed = found === undefined ? [] : differences({ dataType, description }, found);
    if (changed.includes("dataType")) {
      const message = `field ${field.displayName} exists with type ${found?.dataType}, not ${dataType}: a type cannot be changed; delete the field`;
      throw new Conflict("field-conflict", message);
    }
    return step("field", field.displayName, actionFor(found, changed), changed, async (signal) => {
      const details = { ...field, ...(found?.name === undefined ? {} : { name: found.name }) };
      await call("UpsertField", signal, async () => named(await client.upsertField(namespaceName, details)));
    });
  };

  const parserStep = (found: models.LogAnalyticsParser | undefined): Step => {
    const changed = found === undefined ? [] : differences(parser, { ...found, fieldMaps: bySequence(found.fieldMaps) });
    const run = async (signal: AbortSignal): Promise<void> => {
      const details = upsertable(parser, await listFields(signal), found?.editVersion);
      await call("UpsertParser", signal, async () => named(await client.upsertParser(namespaceName, details)));
    };
    return { ...step("parser", parser.displayName, actionFor(found, changed), changed, run), needs: own.map(fieldKey) };
  };

  const sourceStep = (found: models.LogAnalyticsSource | undefined): Step => {
    const changed = found === undefined ? [] : differences(source, found);
    const run = async (signal: AbortSignal): Promise<void> => {
      const details = sourceDetails(source, found);
      await call("UpsertSource", signal, async () => named(await client.upsertSource(namespaceName, details)));
    };
    return { ...step("source", source.displayName, actionFor(found, changed), changed, run), needs: [parserKey] };
  };

  return {
    what: "fields, parser and source",
    async steps(signal) {
      const found = await listFields(signal);
      const missing = parser.fieldMaps.find(
        ({ field }) => !found.has(field.displayName) && !own.some(({ displayName }) => displayName === field.displayName),
      );
      if (missing !== undefined) {
        const message = `the service has no field ${missing.field.displayName}, which should come with it`;
        throw new Failure("person", "field-missing", message);
      }
      const fields = own.map((field) =>
        stepOrConflict("field", field.displayName, () => fieldStep(field, found.get(field.displayName))),
      );
      return [...(await Promise.all(fields)), parserStep(await findParser(signal)), sourceStep(await findSource(signal))];
    },
    async removal(signal) {
      const found = await listFields(signal);
      const steps: Step[] = [];
      if ((await findSource(signal))?.isSystem === false) {
        const request = { namespaceName, sourceName: source.name };
        steps.push(
          step("source", source.displayName, "delete", [], async (signal) => {
            await call("DeleteSource", signal, () => client.deleteSource(request));
          }),
        );
      }
      if ((await findParser(signal))?.isSystem === false) {
        const request = { namespaceName, parserName: parser.name };
        const run = async (signal: AbortSignal): Promise<void> => {
          await call("DeleteParser", signal, () => client.deleteParser(request));
        };
        steps.push({ ...step("parser", parser.displayName, "delete", [], run), needs: [sourceKey] });
      }
      for (const { displayName } of own) {
        const field = found.get(displayName);
        if (field === undefined || field.isSystem === true) continue;
        const fieldName = field.name ?? "";
        const run = async (signal: AbortSignal): Promise<void> => {
          await call("DeleteField", signal, () => client.deleteField({ namespaceName, fieldName }));
        };
        steps.push({ ...step("field", displayName, "delete", [], run), needs: [parserKey] });
      }
      return steps;
    },
  };
}

function step(
  kind: Step["kind"],
  name: string,
  action: Step["action"],
  changed: readonly string[],
  run: Step["run"] = async () => undefined,
): Step {
  return { kind, name, action, differences: changed, run };
}

/** Parsers, sources and fields have no id, but a name. */
function named<T extends { name?: string }>(value: T | undefined): T {
  if (typeof value?.name === "string") return value;
  throw new TypeError("it holds no parser, source or field");
}

const bySequence = (maps: models.LogAnalyticsParserField[] = []): models.LogAnalyticsParserField[] =>
  maps.toSorted((a, b) => (a.parserFieldSequence ?? 0) - (b.parserFieldSequence ?? 0));

/** With the internal names of the fields, which only the service knows. */
function upsertable(parser: Parser, fields: Fields, editVersion: number | undefined): models.UpsertLogAnalyticsParserDetails {
  return {
    ...parser,
    type: parser.type as models.UpsertLogAnalyticsParserDetails.Type,
    ...(editVersion === undefined ? {} : { editVersion }),
    isSystem: false,
    fieldMaps: parser.fieldMaps.map(({ field: { displayName }, ...map }) => {
      const name = fields.get(displayName)?.name;
      if (name === undefined) throw new Failure("person", "field-missing", `the service has no field ${displayName}`);
      return { ...map, field: { name, displayName } };
    }),
  };
}

function sourceDetails(source: Source, found: models.LogAnalyticsSource | undefined): models.UpsertLogAnalyticsSourceDetails {
  const { parsers, entityTypes, ...rest } = source;
  return {
    ...rest,
    isSystem: false,
    isForCloud: true,
    parsers: [...parsers],
    entityTypes: [...entityTypes],
    ...(found?.sourceId === undefined ? {} : { sourceId: found.sourceId }),
    ...(found?.editVersion === undefined ? {} : { editVersion: found.editVersion }),
  };
}
