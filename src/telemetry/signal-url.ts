/** Where a signal goes, by the base URL of a receiver. The path is added, and a query stays behind it. */
export function signalUrl(endpoint: string, signal: "logs" | "traces"): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${signal}`;
  return url.href;
}
