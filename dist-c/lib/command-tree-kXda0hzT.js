// src/cli/command-tree.ts
/** The commands with what is below them. */
function treeOf(commands, above = "") {
	return commands.map((command) => {
		const path = `${above} ${command.name()}`.trim();
		return {
			path,
			name: command.name(),
			description: command.description(),
			usage: command.usage(),
			options: command.options.filter(({ hidden }) => !hidden).map(optionOf),
			children: treeOf(command.commands, path)
		};
	});
}
function optionOf({ flags, short, long, description, required, optional, argChoices }) {
	return {
		flags,
		short,
		long: long ?? flags,
		description,
		takesValue: required || optional,
		choices: argChoices ?? []
	};
}
/** All of them, each before those below it. */
function allOf(nodes) {
	return nodes.flatMap((node) => [node, ...allOf(node.children)]);
}
export { treeOf as n, allOf as t };
