// src/detect/rule.ts
/** From the mildest to the gravest. */
const LEVELS = [
	"informational",
	"low",
	"medium",
	"high",
	"critical"
];
export { LEVELS as t };
