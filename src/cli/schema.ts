import { Command } from "commander";
import { configJsonSchema, configMarkdown } from "../config/reference.ts";
import type { CliContext } from "./context.ts";

export function schemaCommand({ stdout }: CliContext): Command {
  return new Command("schema")
    .description("Print the JSON Schema of a configuration file, for editors; or its reference and the fields of a flow.")
    .option("--markdown", "the reference in Markdown", false)
    .action(({ markdown }: { markdown: boolean }) => {
      stdout.write(markdown ? configMarkdown() : `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
    });
}
