// src/alerts/books.ts
/** What of the alerts of a book is not accounted for; 0 in a book that balances. */
function imbalanceOf({ raised, told, waiting, refused, late, repeated }) {
	return raised - told - waiting - refused - late - repeated;
}
/** What is wrong with a book that does not balance. */
function imbalanceText(book) {
	const missing = imbalanceOf(book);
	const what = missing > 0 ? `${countOf(missing)} missing` : `${countOf(-missing)} too many`;
	return `the books of notifier ${book.notifier} do not balance: ${book.raised} raised, ${what}`;
}
/** The line about a notifier that a person reads. */
function bookLine(book) {
	const { notifier, told, waiting, refused, late, repeated, lastTold } = book;
	return `alerts to ${notifier}: ${waiting === 0 ? "no alert waits" : `${countOf(waiting)} ${waiting === 1 ? "waits" : "wait"}`}; ${told} told, ${refused} refused, ${`${late} withheld as too old, ${repeated} as repeated`}; ${lastTold === void 0 ? "never told" : `last told ${new Date(lastTold).toISOString()}`}${imbalanceOf(book) === 0 ? "" : `; ${imbalanceText(book)}`}`;
}
/** A book for machines. */
function bookJson({ lastTold, ...book }) {
	return {
		...book,
		lastTold: lastTold === void 0 ? null : new Date(lastTold).toISOString()
	};
}
/** `1 alert`, `2 alerts`. */
function countOf(alerts) {
	return `${alerts} ${alerts === 1 ? "alert" : "alerts"}`;
}
export { imbalanceText as a, imbalanceOf as i, bookLine as n, countOf as r, bookJson as t };
