import { Command } from "commander";
import { compact } from "../query/compact.ts";
import { archiveStore, progressOf } from "./asking.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";

export function compactCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("compact")
    .description("Make one file of the several of each hour of the archive, each flow once. Workers and readers may go on.")
    .addOption(configOption(context.env))
    .option("--json", "end with one JSON line", false)
    .action(async ({ config: file, json }: { config: string; json: boolean }) => {
      const { store, prefix } = await archiveStore(await context.loadConfig(file), context.env);
      let [done, hours] = [0, 0];
      const stop = progressOf(context, (seconds) => `${done} of ${hours} hours, ${seconds} s`);
      try {
        const result = await compact(store, prefix, context.signal, (progress) => {
          ({ done, hours } = progress);
        });
        stop();
        for (const { file: broken, reason } of result.passedOver)
          context.stderr.write(`flowferry: ${broken} ${reason}: passed over\n`);
        const { before, after, repeated, passedOver } = result;
        if (json) context.print(JSON.stringify({ hours: result.hours, before, after, repeated, passedOver: passedOver.length }));
        else context.print(`${result.hours} hours: ${before} files became ${after}, ${repeated} repeated flows are gone`);
        finish(passedOver.length > 0 ? EXIT.incomplete : EXIT.done);
      } finally {
        stop();
        await store.close();
      }
    });
}
