import { Command, CommanderError } from "commander";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import { printable, printableLines } from "../lib/printable.ts";
import { version } from "../lib/version.ts";
import { type CliContext, createContext, EXIT, type ExitCode, type Surroundings } from "./context.ts";

type Finish = (code: ExitCode) => void;

/** Every command by its name, in the order of the help. Each is loaded when it is used. */
const COMMANDS: Readonly<Record<string, (context: CliContext, finish: Finish) => Promise<Command>>> = {
  init: async (context) => (await import("./init.ts")).initCommand(context),
  run: async (context, finish) => (await import("./run.ts")).runCommand(context, finish),
  demo: async (context, finish) => (await import("./demo.ts")).demoCommand(context, finish),
  check: async (context, finish) => (await import("./check.ts")).checkCommand(context, finish),
  plan: async (context) => (await import("./plan.ts")).planCommand(context),
  status: async (context) => (await import("./status.ts")).statusCommand(context),
  top: async (context) => (await import("./top.ts")).topCommand(context),
  tap: async (context) => (await import("./tap.ts")).tapCommand(context),
  replay: async (context, finish) => (await import("./replay.ts")).replayCommand(context, finish),
  explain: async (context, finish) => (await import("./explain.ts")).explainCommand(context, finish),
  report: async (context, finish) => (await import("./report.ts")).reportCommand(context, finish),
  search: async (context, finish) => (await import("./search.ts")).searchCommand(context, finish),
  sql: async (context, finish) => (await import("./sql.ts")).sqlCommand(context, finish),
  compact: async (context, finish) => (await import("./compact.ts")).compactCommand(context, finish),
  lookups: async (context) => {
    const [{ lookupsCommand }, { lookupsPushCommand }, { lookupsPullCommand }] = await Promise.all([
      import("./lookups.ts"),
      import("./lookups-push.ts"),
      import("./lookups-pull.ts"),
    ]);
    return lookupsCommand(context).addCommand(lookupsPushCommand(context)).addCommand(lookupsPullCommand(context));
  },
  rules: async (context) => (await import("./rules.ts")).rulesCommand(context),
  alerts: async (context, finish) => (await import("./alerts.ts")).alertsCommand(context, finish),
  content: async (context) => (await import("./content.ts")).contentCommand(context),
  generate: async (context) => (await import("./generate.ts")).generateCommand(context),
  config: async (context) => (await import("./config.ts")).configCommand(context),
  schema: async (context) => (await import("./schema.ts")).schemaCommand(context),
  completion: async (context, finish) =>
    (await import("./completion.ts")).completionCommand(context, () => everyCommand(context, finish)),
  man: async (context, finish) => (await import("./manual.ts")).manualCommand(context, () => everyCommand(context, finish)),
};

/** Runs one command, with the arguments after the program's name, to its end and resolves to the exit code. Never throws. */
export async function main(args: readonly string[], process: Surroundings): Promise<ExitCode> {
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
  const asJson = args.includes("--json");
  const onUncaught = (error: unknown) => process.exit(report(error, context, asJson));
  process.on("uncaughtException", onUncaught);
  let code: ExitCode = EXIT.done;
  try {
    const program = await createProgram(args, context, (result) => {
      code = result;
    });
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return report(error, context, asJson);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    process.off("uncaughtException", onUncaught);
  }
}

/** All commands, for who lists them. */
export function everyCommand(context: CliContext, finish: Finish): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load(context, finish)));
}

async function createProgram(args: readonly string[], context: CliContext, finish: Finish): Promise<Command> {
  const program = new Command("flowferry")
    .description("Tails buckets of cloud flow logs, enriches every flow, and delivers it at least once.")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(printableLines(context.secrets.scrub(text))),
    })
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError();
  for (const load of needed(args[0])) program.addCommand(inheriting(await load(context, finish), program));
  return program;
}

/** The command that the first argument names; none for the version; all where help lists them, or a wrong name is compared with them. */
function needed(first: string | undefined) {
  if (first === "--version" || first === "-V") return [];
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return named === undefined ? Object.values(COMMANDS) : [named];
}

/** Subcommands that are built apart do not inherit how the program ends and prints. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

/** Tells what went wrong: on a line for people, and of a command with `--json` as one object among its results. */
function report(error: unknown, { stderr, print, signal, secrets }: CliContext, asJson: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
  const isUsage = error instanceof CommanderError || error instanceof UsageError;
  if (signal.aborted && !isUsage) return EXIT.interrupted;
  const said = isUsage ? error.message : describeError(error);
  if (asJson) {
    const code = error instanceof CommanderError ? "bad-arguments" : codeOf(error);
    print(JSON.stringify({ error: { code, message: said } }));
  }
  if (!(error instanceof CommanderError)) {
    const safe = secrets.scrub(said);
    stderr.write(`flowferry: ${isUsage ? printableLines(safe) : printable(safe)}\n`);
  }
  return isUsage ? EXIT.usage : EXIT.failed;
}
