import { Command, CommanderError } from "commander";
import { describeError, UsageError } from "../errors.ts";
import { printable, printableLines } from "../printable.ts";
import { version } from "../version.ts";
import { alertsCommand } from "./alerts.ts";
import { checkCommand } from "./check.ts";
import { contentCommand } from "./content.ts";
import { type CliContext, createContext, EXIT, type ExitCode } from "./context.ts";
import { demoCommand } from "./demo.ts";
import { generateCommand } from "./generate.ts";
import { lookupsCommand } from "./lookups.ts";
import { lookupsPushCommand } from "./lookups-push.ts";
import { planCommand } from "./plan.ts";
import { replayCommand } from "./replay.ts";
import { rulesCommand } from "./rules.ts";
import { runCommand } from "./run.ts";
import { schemaCommand } from "./schema.ts";
import { statusCommand } from "./status.ts";

/** Runs one command to its end and resolves to the exit code. Never throws. */
export async function main(args: readonly string[], process: NodeJS.Process): Promise<ExitCode> {
  const interruption = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort(name);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") interruption.abort("EPIPE");
    else throw error;
  });
  const context = createContext(process, interruption.signal);
  const onUncaught = (error: unknown) => process.exit(report(error, context));
  process.on("uncaughtException", onUncaught);
  let code: ExitCode = EXIT.done;
  const program = createProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return report(error, context);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    process.off("uncaughtException", onUncaught);
  }
}

function createProgram(context: CliContext, finish: (code: ExitCode) => void): Command {
  const program = new Command("flowferry")
    .description("Tails buckets of cloud flow logs, enriches every flow, and delivers it at least once.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => void context.stderr.write(printableLines(context.secrets.scrub(text))) })
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError();
  const commands = [
    runCommand(context, finish),
    demoCommand(context, finish),
    checkCommand(context, finish),
    planCommand(context),
    statusCommand(context),
    replayCommand(context, finish),
    lookupsCommand(context).addCommand(lookupsPushCommand(context)),
    rulesCommand(context),
    alertsCommand(context, finish),
    contentCommand(context),
    generateCommand(context),
    schemaCommand(context),
  ];
  for (const command of commands) program.addCommand(inheriting(command, program));
  return program;
}

/** Subcommands that are built apart do not inherit how the program ends and prints. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

function report(error: unknown, { stderr, signal, secrets }: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (signal.aborted) return EXIT.interrupted;
  const usage = error instanceof UsageError;
  const said = secrets.scrub(usage ? error.message : describeError(error));
  stderr.write(`flowferry: ${usage ? printableLines(said) : printable(said)}\n`);
  return usage ? EXIT.usage : EXIT.failed;
}
