// src/lib/printable.ts
/** Control characters, what turns the direction of a text or cannot be seen, and the ends of a line that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/**
* One line that a terminal shows as it is: each character that would steer the terminal, make a line, or hide is a visible escape as
* JSON has it (`\u001b`), so that JSON stays JSON with the same meaning.
*/
function printable(text) {
	return text.replaceAll(UNPRINTABLE, escaped);
}
/** As `printable`, of a text of several lines. */
function printableLines(text) {
	return text.split("\n").map(printable).join("\n");
}
const SHORT = {
	"\n": "\\n",
	"\r": "\\r",
	"	": "\\t"
};
function escaped(character) {
	return SHORT[character] ?? [...Array(character.length).keys()].map((unit) => hex(character.charCodeAt(unit))).join("");
}
function hex(unit) {
	return `\\u${unit.toString(16).padStart(4, "0")}`;
}
export { printableLines as n, printable as t };
