import { r as Argument, t as Command } from "./commander-BVTyMRTV.js";
import { n as treeOf, t as allOf } from "./command-tree-kXda0hzT.js";
// src/cli/completion.ts
const SHELLS = {
	bash,
	zsh,
	fish
};
/** `flowferry completion`. `load` makes every command of the program. */
function completionCommand({ stdout }, load) {
	return new Command("completion").description("Print what completes commands, options and their values in a shell, as in `. <(flowferry completion bash)`.").addArgument(new Argument("<shell>", "of which shell").choices(Object.keys(SHELLS))).action(async (shell) => stdout.write(SHELLS[shell]?.(treeOf(await load())) ?? ""));
}
/** A word that a shell takes as it is. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const wordsAfter = ({ children, options }) => [...children.map(({ name }) => name), ...options.flatMap(({ short, long }) => [long, ...short === void 0 ? [] : [short]])];
/** Lines of a `case` that say which command the words so far name. */
const pathCases = (nodes) => allOf(nodes).map(({ path }) => `      ${quoted(path)}) command=${quoted(path)} ;;`);
/** Options with a value, as `case` patterns of the command and the option before the cursor. */
function valueCases(nodes, list, files) {
	return allOf(nodes).flatMap(({ path, options }) => options.filter(({ takesValue }) => takesValue).map(({ short, long, choices }) => {
		return `    ${[long, short].filter((flag) => flag !== void 0).map((flag) => quoted(`${path} ${flag}`)).join("|")}) ${choices.length > 0 ? list(choices) : files}; return ;;`;
	}));
}
function bash(nodes) {
	const reply = (words) => `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$current"))`;
	return `# flowferry in bash: . <(flowferry completion bash)
_flowferry() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${command:+$command }$word" in
${pathCases(nodes).join("\n")}
    esac
  done
  case "$command $before" in
${valueCases(nodes, reply, "COMPREPLY=()").join("\n")}
  esac
  case "$command" in
    '') ${reply([
		...nodes.map(({ name }) => name),
		"--help",
		"--version"
	])} ;;
${allOf(nodes).map((node) => `    ${quoted(node.path)}) ${reply([...wordsAfter(node), "--help"])} ;;`).join("\n")}
  esac
}
complete -o default -F _flowferry flowferry
`;
}
function zsh(nodes) {
	const described = (pairs) => `offered=(${pairs.map(([word, meaning]) => quoted(`${word.replaceAll(":", "\\:")}:${meaning}`)).join(" ")})`;
	const list = (choices) => `compadd -- ${choices.map(quoted).join(" ")}`;
	return `#compdef flowferry
# flowferry in zsh: . <(flowferry completion zsh)
_flowferry() {
  local command='' word before="\${words[CURRENT-1]}"
  local -a offered
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${command:+$command }$word" in
${pathCases(nodes).join("\n")}
    esac
  done
  case "$command $before" in
${valueCases(nodes, list, "_files").join("\n")}
  esac
  case "$command" in
    '') ${described(nodes.map(({ name, description }) => [name, description]))} ;;
${allOf(nodes).map(({ path, children, options }) => {
		const below = children.map(({ name, description }) => [name, description]);
		return `    ${quoted(path)}) ${described([...below, ...options.map(({ long, description }) => [long, description])])} ;;`;
	}).join("\n")}
  esac
  _describe flowferry offered || _files
}
compdef _flowferry flowferry
`;
}
function fish(nodes) {
	const offer = (condition, words, meaning) => `complete -c flowferry -n ${quoted(condition)} ${words} -d ${quoted(meaning)}`;
	const within = (path) => path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
	const lines = nodes.map(({ name, description }) => offer("__fish_use_subcommand", `-f -a ${name}`, description));
	for (const { path, children, options } of allOf(nodes)) {
		const here = within(path).join("; and ");
		const none = children.length === 0 ? "" : `; and not __fish_seen_subcommand_from ${children.map(({ name }) => name).join(" ")}`;
		for (const { name, description } of children) lines.push(offer(`${here}${none}`, `-f -a ${name}`, description));
		for (const { short, long, description, takesValue, choices } of options) {
			const flags = `-l ${long.replace(/^--/, "")}${short === void 0 ? "" : ` -s ${short.replace("-", "")}`}`;
			const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
			lines.push(offer(here, `${flags}${value}`, description));
		}
	}
	return `# flowferry in fish: flowferry completion fish | source\n${lines.join("\n")}\n`;
}
export { completionCommand };
