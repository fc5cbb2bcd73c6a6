import { randomUUID } from "node:crypto";
import type { models } from "oci-loganalytics";
import { differences } from "../../../install/differences.ts";
import { actionFor, Conflict, type Installer, keyOf, type Step, stepOrConflict } from "../../../install/step.ts";
import { describeError, drawerOf, Failure } from "../../../lib/errors.ts";
import { allPages, listOf } from "../answers.ts";
import type { LogAnalyticsClient, Versioned } from "../log-analytics.ts";
import type { Content, OwnField, Parser, Source } from "./build.ts";
import type { ServiceCall } from "./service-call.ts";

type Fields = ReadonlyMap<string, models.LogAnalyticsField>;
const PAGE = 1000;
const NUMBERS = ["LONG", "INTEGER", "DOUBLE", "FLOAT"];

interface Found<T> {
  readonly value: T;
  readonly etag: string | undefined;
}

/** Fields, parser and log source. Fields are found by their title, parser and source by their name. */
export function definitionsInstaller(
  client: LogAnalyticsClient,
  { namespaceName, compartmentId }: { readonly namespaceName: string; readonly compartmentId: string },
  content: Content,
  call: ServiceCall,
): Installer {
  const { fields: own, parser, source } = content;
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
  const findParser = (signal: AbortSignal): Promise<Found<models.LogAnalyticsParser> | undefined> =>
    call.orAbsent("GetParser", signal, async () => found(await client.getParser({ namespaceName, parserName: parser.name })));
  const findSource = (signal: AbortSignal): Promise<Found<models.LogAnalyticsSource> | undefined> => {
    const request = { namespaceName, sourceName: source.name, compartmentId };
    return call.orAbsent("GetSource", signal, async () => found(await client.getSource(request)));
  };

  const upsertField = async (details: models.UpsertLogAnalyticsFieldDetails, signal: AbortSignal): Promise<void> => {
    const how = { opcRetryToken: randomUUID() };
    await call("UpsertField", signal, async () => named(await client.upsertField(namespaceName, details, how)));
  };

  const fieldStep = (field: OwnField, found: models.LogAnalyticsField | undefined): Step => {
    const { displayName, dataType, description } = field;
    const conflict = conflictOf(field, found);
    if (conflict !== undefined) throw conflict;
    // The service has got a field of this title by now: it is used as it is.
    if (found?.isSystem === true) return step("field", displayName, "none", []);
    const changed = found === undefined ? [] : differences({ dataType, description }, found);
    return step("field", displayName, actionFor(found, changed), changed, async (signal) => {
      if (found !== undefined) {
        const { name, isMultiValued = false } = found;
        await upsertField({ ...field, isMultiValued, ...(name === undefined ? {} : { name }) }, signal);
        return;
      }
      try {
        await upsertField(field, signal);
      } catch (error) {
        if (!isSupplyUsedUp(error)) throw error;
        await upsertField({ ...field, isMultiValued: true }, signal);
      }
    });
  };

  const parserStep = (fields: Fields, found: Found<models.LogAnalyticsParser> | undefined): Step => {
    const before = found && { ...found.value, fieldMaps: bySequence(found.value.fieldMaps) };
    const changed = before === undefined ? [] : differences(parser, before);
    let unmapped: readonly string[] = [];
    let multiValued = own.filter(({ displayName }) => fields.get(displayName)?.isMultiValued === true).length;
    const run = async (signal: AbortSignal): Promise<void> => {
      const now = await listFields(signal);
      const usable = parser.fieldMaps.filter(({ field }) => isUsable(field.displayName, now, own));
      unmapped = parser.fieldMaps.filter((map) => !usable.includes(map)).map(({ field }) => field.displayName);
      multiValued = own.filter(({ displayName }) => now.get(displayName)?.isMultiValued === true).length;
      const details = upsertable({ ...parser, fieldMaps: usable }, now, found?.value.editVersion);
      const how = { etag: found?.etag, opcRetryToken: randomUUID() };
      await call("UpsertParser", signal, async () => named(await client.upsertParser(namespaceName, details, how)));
    };
    const notice = (): string | undefined => {
      const notices = [
        ...(unmapped.length === 0 ? [] : [`the parser leaves out ${unmapped.join(", ")}, which could not be made`]),
        ...(multiValued === 0
          ? []
          : [`${multiValued} fields of text may hold several values, since the tenancy has no more single-valued ones`]),
      ];
      return notices.length === 0 ? undefined : notices.join("; ");
    };
    return { ...step("parser", parser.displayName, actionFor(found, changed), changed, run), notice };
  };

  const sourceStep = (found: Found<models.LogAnalyticsSource> | undefined): Step => {
    const changed = found === undefined ? [] : differences(source, found.value);
    const run = async (signal: AbortSignal): Promise<void> => {
      const details = sourceDetails(source, found?.value);
      const how = { etag: found?.etag, opcRetryToken: randomUUID(), isIgnoreWarning: true };
      await call("UpsertSource", signal, async () => named(await client.upsertSource(namespaceName, details, how)));
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
      return [...(await Promise.all(fields)), parserStep(found, await findParser(signal)), sourceStep(await findSource(signal))];
    },
    async removal(signal) {
      const found = await listFields(signal);
      const steps: Step[] = [];
      if ((await findSource(signal))?.value.isSystem === false) {
        const request = { namespaceName, sourceName: source.name };
        steps.push(
          step("source", source.displayName, "delete", [], async (signal) => {
            await call("DeleteSource", signal, () => client.deleteSource(request));
          }),
        );
      }
      if ((await findParser(signal))?.value.isSystem === false) {
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

/** Why a field of that title cannot be used. The service's own fields are taken in whatever kind of number they have. */
function conflictOf({ displayName, dataType }: OwnField, found: models.LogAnalyticsField | undefined): Conflict | undefined {
  const type = found?.dataType?.toUpperCase();
  if (found === undefined || type === dataType) return undefined;
  if (found.isSystem !== true) {
    const message = `field ${displayName} exists with type ${found.dataType}, not ${dataType}: a type cannot be changed; delete the field`;
    return new Conflict("field-conflict", message);
  }
  if (dataType === "LONG" && NUMBERS.includes(type ?? "")) return undefined;
  const message = `the service has a field ${displayName} of type ${found.dataType}, not ${dataType}: it cannot be used`;
  return new Conflict("field-conflict", message);
}

function isUsable(displayName: string, fields: Fields, own: readonly OwnField[]): boolean {
  const found = fields.get(displayName);
  const wanted = own.find((one) => one.displayName === displayName);
  return found !== undefined && (wanted === undefined || conflictOf(wanted, found) === undefined);
}

/** A tenancy has a finite supply of single-valued fields of text, and answers 400 when it is used up. */
function isSupplyUsedUp(error: unknown): boolean {
  return error instanceof Failure && drawerOf(error) === "batch" && /single-valued string field/i.test(describeError(error));
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

function found<T extends { name?: string }>({ value, etag }: Versioned<T>): Found<T> {
  return { value: named(value), etag };
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
      return { ...map, field: { name, displayName }, parserFieldName: name, storageFieldName: name };
    }),
  };
}

function sourceDetails(source: Source, found: models.LogAnalyticsSource | undefined): models.UpsertLogAnalyticsSourceDetails {
  const { parsers, entityTypes, ...rest } = source;
  return {
    ...rest,
    isSystem: false,
    parsers: [...parsers],
    entityTypes: [...entityTypes],
    ...(found?.sourceId === undefined ? {} : { sourceId: found.sourceId }),
    ...(found?.editVersion === undefined ? {} : { editVersion: found.editVersion }),
  };
}
