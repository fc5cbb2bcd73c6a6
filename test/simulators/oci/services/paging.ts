import { type Call, type Reply, ServiceError } from "../service.ts";

/** One page of a list, with `opc-next-page` where there is more. The page token is opaque to clients, and holds characters that need encoding. */
export function paged<T>(call: Call, items: readonly T[], largest: number, answer: (page: readonly T[]) => unknown): Reply {
  const limit = Number(call.query.get("limit") ?? largest);
  if (!Number.isInteger(limit) || limit < 1 || limit > largest) {
    throw new ServiceError(400, "InvalidParameter", `limit ${call.query.get("limit")} is not from 1 to ${largest}`);
  }
  const token = call.query.get("page");
  const from = token === null ? 0 : Number(/^\+from=(\d+)&$/.exec(token)?.[1] ?? "NaN");
  if (!Number.isInteger(from) || from > items.length) throw new ServiceError(400, "InvalidParameter", "page is not valid");
  const next = from + limit;
  const headers: Record<string, string> = next < items.length ? { "opc-next-page": `+from=${next}&` } : {};
  return { status: 200, headers, json: answer(items.slice(from, next)) };
}
