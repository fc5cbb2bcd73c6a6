import type { LogAnalyticsClient, models } from "oci-loganalytics";
import { PermanentError } from "../errors.ts";
import type { Content, OwnField, Parser, Source } from "./build.ts";
import { differences } from "./differences.ts";
import type { ServiceCall } from "./service-call.ts";
import { actionFor, type Installer, type Step } from "./step.ts";

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

  const listFields = async (signal: AbortSignal): Promise<Fields> => {
    const found = new Map<string, models.LogAnalyticsField>();
    let page: string | undefined;
    do {
      const request = { namespaceName, limit: PAGE, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      const answer = await call("ListFields", signal, () => client.listFields(request));
      for (const field of answer.logAnalyticsFieldCollection.items ?? []) found.set(field.displayName ?? "", field);
      page = answer.opcNextPage || undefined;
    } while (page !== undefined);
    return found;
  };
  const findParser = async (signal: AbortSignal): Promise<models.LogAnalyticsParser | undefined> =>
    (await call.orAbsent("GetParser", signal, () => client.getParser({ namespaceName, parserName: parser.name })))
      ?.logAnalyticsParser;
  const findSource = async (signal: AbortSignal): Promise<models.LogAnalyticsSource | undefined> => {
    const request = { namespaceName, sourceName: source.name, compartmentId };
    return (await call.orAbsent("GetSource", signal, () => client.getSource(request)))?.logAnalyticsSource;
  };

  const fieldStep = (field: OwnField, found: models.LogAnalyticsField | undefined): Step => {
    const { dataType, description } = field;
    if (found?.isSystem === true) {
      // The service has got a field of this title by now: it is used as it is.
      if (found.dataType?.toUpperCase() === dataType) return step("field", field.displayName, "none", []);
      const message = `the service has a field ${field.displayName} of type ${found.dataType}, not ${dataType}: it cannot be used`;
      throw new PermanentError("field-conflict", message);
    }
    const changed = found === undefined ? [] : differences({ dataType, description }, found);
    if (changed.includes("dataType")) {
      const message = `field ${field.displayName} exists with type ${found?.dataType}, not ${dataType}: a type cannot be changed; delete the field`;
      throw new PermanentError("field-conflict", message);
    }
    return step("field", field.displayName, actionFor(found, changed), changed, async (signal) => {
      const details = { ...field, ...(found?.name === undefined ? {} : { name: found.name }) };
      await call("UpsertField", signal, () => client.upsertField({ namespaceName, upsertLogAnalyticsFieldDetails: details }));
    });
  };

  const parserStep = (found: models.LogAnalyticsParser | undefined): Step => {
    const changed = found === undefined ? [] : differences(parser, { ...found, fieldMaps: bySequence(found.fieldMaps) });
    return step("parser", parser.displayName, actionFor(found, changed), changed, async (signal) => {
      const details = upsertable(parser, await listFields(signal), found?.editVersion);
      await call("UpsertParser", signal, () => client.upsertParser({ namespaceName, upsertLogAnalyticsParserDetails: details }));
    });
  };

  const sourceStep = (found: models.LogAnalyticsSource | undefined): Step => {
    const changed = found === undefined ? [] : differences(source, found);
    return step("source", source.displayName, actionFor(found, changed), changed, async (signal) => {
      const details = sourceDetails(source, found);
      await call("UpsertSource", signal, () => client.upsertSource({ namespaceName, upsertLogAnalyticsSourceDetails: details }));
    });
  };

  return {
    async steps(signal) {
      const found = await listFields(signal);
      const missing = parser.fieldMaps.find(
        ({ field }) => !found.has(field.displayName) && !own.some(({ displayName }) => displayName === field.displayName),
      );
      if (missing !== undefined) {
        throw new PermanentError(
          "field-missing",
          `the service has no field ${missing.field.displayName}, which should come with it`,
        );
      }
      return [
        ...own.map((field) => fieldStep(field, found.get(field.displayName))),
        parserStep(await findParser(signal)),
        sourceStep(await findSource(signal)),
      ];
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
        steps.push(
          step("parser", parser.displayName, "delete", [], async (signal) => {
            await call("DeleteParser", signal, () => client.deleteParser(request));
          }),
        );
      }
      for (const { displayName } of own) {
        const field = found.get(displayName);
        if (field === undefined || field.isSystem === true) continue;
        const fieldName = field.name ?? "";
        steps.push(
          step("field", displayName, "delete", [], async (signal) => {
            await call("DeleteField", signal, () => client.deleteField({ namespaceName, fieldName }));
          }),
        );
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
      if (name === undefined) throw new PermanentError("field-missing", `the service has no field ${displayName}`);
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
