import type { IncomingHttpHeaders } from "node:http";
import type { Principal } from "./principals.ts";

/** A refusal in the words of the service: `{"code": …, "message": …}` under this HTTP status. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The one message of a request whose signature, key or token is not accepted: the service never says which it was. */
export function notAuthenticated(): ServiceError {
  return new ServiceError(
    401,
    "NotAuthenticated",
    "The required information to complete authentication was not provided or was incorrect.",
  );
}

export interface Call {
  readonly method: string;
  /** As it came: path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Named parts of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined on routes that carry no signature. */
  readonly principal: Principal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

export interface Route {
  /** What the request counts as: `list`, `get`, … */
  readonly kind: string;
  readonly method: string;
  /** `{name}` is one path segment, `{name+}` is the rest of the path. */
  readonly path: string;
  /** `headers`: the request line and the date are signed. `body`: so is the body, as every POST and PUT but an object upload must be. */
  readonly signed: "headers" | "body" | "no";
  handle(call: Call): Reply | Promise<Reply>;
}

/** One OCI service: a list of routes. */
export interface Service {
  readonly routes: readonly Route[];
}

/** A function that finds the values of a path template in a path, or undefined if the path is another one. */
export function pathMatcher(template: string): (path: string) => Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = template
    .split("/")
    .map((segment) => {
      const part = /^\{(\w+)(\+?)\}$/.exec(segment);
      if (part === null) return segment;
      names.push(part[1] ?? "");
      return part[2] === "+" ? "(.+)" : "([^/]+)";
    })
    .join("/");
  const expression = new RegExp(`^${pattern}/?$`);
  return (path) => {
    const found = expression.exec(path);
    if (found === null) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]));
  };
}
