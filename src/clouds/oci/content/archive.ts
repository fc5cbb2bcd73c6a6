import { buffer } from "node:stream/consumers";
import type { Content, OwnField } from "./build.ts";

/** Internal names that public parsers show for fields of the service; other fields are named by a placeholder and their title. */
const INTERNAL: Readonly<Record<string, string>> = {
  Time: "time",
  Action: "actn",
  Status: "status",
  "Source IP": "srcip",
  "Source Port": "srcport",
  "Destination IP": "destip",
  "Destination Port": "destport",
  "Protocol (Transport)": "tranprot",
  "Protocol Number": "protnum",
  "Content Size Out": "contszout",
  "Packets In": "pktsin",
  "OCI Subnet OCID": "ocisubnetocid",
};
/** The same for every entry and, as archives hold local time, in every time zone, so that equal content makes equal archives. */
const ENTRY = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100644 };

/**
 * Fields, parser and source as the document that the service exports and its console imports: a ZIP of `content.xml` and `README.txt`, with the
 * elements that public exports have, in their order. The same content makes the same bytes.
 */
export async function contentArchive(content: Content): Promise<Buffer> {
  const { ZipFile } = (await import("yazl")).default;
  const zip = new ZipFile();
  const add = (name: string, text: string): void => {
    // Not compressed: what a compressor makes of it may change from one version to the next.
    zip.addBuffer(Buffer.from(text), name, { ...ENTRY, compress: false });
  };
  add("content.xml", contentXml(content));
  add("README.txt", `${content.source.displayName}: ${content.source.description}\n`);
  zip.end();
  return buffer(zip.outputStream);
}

function contentXml({ fields, parser, source }: Content): string {
  const own = new Map(fields.map((field) => [field.displayName, field]));
  let placeholders = 0;
  const named = parser.fieldMaps.map(({ field: { displayName }, structuredColumnInfo, parserFieldSequence }) => {
    const name = INTERNAL[displayName] ?? `${own.get(displayName)?.dataType === "LONG" ? "udfl" : "udfs"}${++placeholders}`;
    return { displayName, name, structuredColumnInfo, parserFieldSequence };
  });
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<LoganContent xmlns="http://www.oracle.com/DataCenter/LogAnalyticsStd" content_version="3.114.1.0.0" name=${quoted(source.displayName)}>`,
    ...fields.map(fieldXml),
    `<Parser tokenize_orig_text="1" type="6">${elements({ Name: parser.name, DisplayName: parser.displayName, IsSingleLineContent: 0, HeaderContent: parser.headerContent, ExampleContent: parser.exampleContent, IsSystem: 0, Encoding: parser.encoding, Language: parser.language })}<ParserFields>`,
    ...named.map(
      ({ name, structuredColumnInfo, parserFieldSequence }) =>
        `<ParserField>${elements({ FieldSeq: parserFieldSequence, FieldName: name, StructuredColInfo: structuredColumnInfo })}</ParserField>`,
    ),
    "</ParserFields><WrittenOnce>0</WrittenOnce><IsDefaultParser>1</IsDefaultParser></Parser>",
    `<Source configWarningSettings="0" name=${quoted(source.name)}><SourceType>${escaped(source.typeName)}</SourceType><TargetTypes>${source.entityTypes
      .map(({ entityType }) => elements({ TargetType: entityType }))
      .join(
        "",
      )}</TargetTypes>${elements({ DisplayName: source.displayName, IsSystem: 0, IsSecureContent: 1 })}<Parsers>${source.parsers
      .map(({ name, parserSequence }) => `<Parser>${elements({ ParserSeq: parserSequence, ParserName: name })}</Parser>`)
      .join("")}</Parsers><IsHidden>0</IsHidden><IsSMAEnabled>0</IsSMAEnabled></Source>`,
    "<FieldNameMaps>",
    ...named.map(({ name, displayName }) => `<FieldNameMap>${elements({ Name: name, DisplayName: displayName })}</FieldNameMap>`),
    "</FieldNameMaps>",
    "</LoganContent>",
  ];
  return `${lines.join("\n")}\n`;
}

function fieldXml({ displayName, dataType, isMultiValued }: OwnField): string {
  return `<Field>${elements({
    DisplayName: displayName,
    FieldType: 1,
    IsSystem: 0,
    IsPrimary: 1,
    DataType: dataType,
    IsMetricKeyEligible: 0,
    IsMetricValueEligible: 0,
    FacetEligible: 1,
    RangeFacetEligible: 0,
    TableEligible: 1,
    FacetPriority: 1,
    Summarizable: 1,
    HighCardinality: 1,
    LargeData: 0,
    MultiValued: isMultiValued ? 1 : 0,
    SMAEnabledSetting: 0,
  })}</Field>`;
}

function elements(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`)
    .join("");
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const quoted = (text: string): string => `"${escaped(text).replaceAll('"', "&quot;")}"`;
