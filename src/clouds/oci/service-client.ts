import {
  type ClientConfiguration,
  composeRequest,
  EndpointBuilder,
  GenericRetrier,
  type HttpClient,
  type Method,
  NoRetryConfigurationDetails,
  type Params,
} from "oci-common";

/** The header that the SDK sends with each request without a body of another type. */
export const JSON_TYPE = { "Content-Type": "application/json" };

/** What tells one service of OCI from the others. */
export interface OciService {
  /** As failures name it. */
  readonly name: string;
  /** Base URL without the version, with `{region}` and `{secondLevelDomain}`. */
  readonly endpoint: string;
  /** Version of the API, the first part of each path. */
  readonly version: string;
}

/** One operation as the service's API reference has it. */
export interface OciRequest {
  readonly method: Method;
  /** With `{name}` for each of `in`. */
  readonly path: string;
  readonly in: Readonly<Record<string, string>>;
  /** Values as they go into the URL: what needs it is percent-encoded by the caller. */
  readonly query?: Params | undefined;
  /** `opc-retry-token` without a value gets a new one. */
  readonly headers?: Params | undefined;
  /** Bytes or text go out as they are. */
  readonly body?: Buffer | string | undefined;
  /** The signature does not cover the body, as the service wants it of uploads. */
  readonly unsignedBody?: boolean | undefined;
}

/**
 * A client of one service on what the SDK's own clients are made of: the same URLs, headers, signatures and errors. The SDK has each
 * service as one package with all of its operations, of which some weigh more than all else that the program needs.
 */
export class OciServiceClient {
  readonly #service: OciService;
  readonly #httpClient: HttpClient;
  readonly #configuration: ClientConfiguration;
  #endpoint = "";

  constructor(service: OciService, { httpClient }: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    this.#service = service;
    this.#httpClient = httpClient;
    this.#configuration = configuration;
  }

  /** With the API's version; empty as long as neither it nor the region was set. */
  get endpoint(): string {
    return this.#endpoint;
  }

  set endpoint(base: string) {
    this.#endpoint = `${base}/${this.#service.version}`;
  }

  set regionId(region: string) {
    this.endpoint = EndpointBuilder.createEndpointFromRegionId(this.#service.endpoint, region, "");
  }

  /** The answer to a request that went well. Throws the SDK's OciError for any other status. */
  async send(operation: string, request: OciRequest): Promise<Response> {
    const { retryConfiguration } = this.#configuration;
    const retrier = GenericRetrier.createPreferredRetrier(retryConfiguration, undefined, NoRetryConfigurationDetails);
    const composed = await composeRequest({
      baseEndpoint: this.#endpoint,
      path: request.path,
      method: request.method,
      defaultHeaders: {},
      pathParams: Object.fromEntries(Object.entries(request.in).map(([name, value]) => [`{${name}}`, value])),
      queryParams: request.query ?? {},
      headerParams: request.headers ?? JSON_TYPE,
      bodyContent: request.body,
    });
    return retrier.makeServiceCall(this.#httpClient, composed, this.#service.name, operation, "", request.unsignedBody);
  }

  /** The JSON of the answer, of which nothing is known yet but what the API reference promises. */
  async json<T>(operation: string, request: OciRequest): Promise<T | undefined> {
    return (await (await this.send(operation, request)).json()) as T | undefined;
  }
}

/** Token of the next page of a list; undefined after the last. */
export function nextPageOf(response: Response): string | undefined {
  return response.headers.get("opc-next-page") ?? undefined;
}
