import { M as _isoDate, N as _isoDateTime, a as ZodISODateTime, i as ZodISODate } from "./schemas-Dm7Z0tOD.js";
// ../../main/node_modules/zod/v4/classic/iso.js
function datetime(params) {
	return _isoDateTime(ZodISODateTime, params);
}
function date(params) {
	return _isoDate(ZodISODate, params);
}
export { datetime as n, date as t };
