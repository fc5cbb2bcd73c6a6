import type { Command, Option } from "commander";

/** A command as completions and the manual page speak of it. */
export interface CommandNode {
  /** From the program's name on: `lookups check`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** As help has them: `[options] <what>`. */
  readonly usage: string;
  readonly options: readonly OptionNode[];
  readonly children: readonly CommandNode[];
}

interface OptionNode {
  /** As help has it: `-c, --config <file>`. */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty where any value may be. */
  readonly choices: readonly string[];
}

/** The commands with what is below them. */
export function treeOf(commands: readonly Command[], above = ""): CommandNode[] {
  return commands.map((command) => {
    const path = `${above} ${command.name()}`.trim();
    return {
      path,
      name: command.name(),
      description: command.description(),
      usage: command.usage(),
      options: command.options.filter(({ hidden }) => !hidden).map(optionOf),
      children: treeOf(command.commands, path),
    };
  });
}

function optionOf({ flags, short, long, description, required, optional, argChoices }: Option): OptionNode {
  return { flags, short, long: long ?? flags, description, takesValue: required || optional, choices: argChoices ?? [] };
}

/** All of them, each before those below it. */
export function allOf(nodes: readonly CommandNode[]): CommandNode[] {
  return nodes.flatMap((node) => [node, ...allOf(node.children)]);
}
