import { P as registry } from "./schemas-Dm7Z0tOD.js";
// src/lib/secrets/mark.ts
/** The marks of options. One that is described or refined afterwards keeps its mark. */
const MARKS = registry();
/** An option whose value is in no log, message or dead letter. */
function secret(schema) {
	MARKS.add(schema, { secret: "value" });
	return schema;
}
/** An option that is a URL with a secret in its path, as that of a webhook. */
function secretUrl(schema) {
	MARKS.add(schema, { secret: "path" });
	return schema;
}
/** Request headers. */
function secretHeaders(schema) {
	MARKS.add(schema, { secret: "headers" });
	return schema;
}
export { secretUrl as i, secret as n, secretHeaders as r, MARKS as t };
