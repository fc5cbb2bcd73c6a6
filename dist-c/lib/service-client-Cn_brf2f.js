import { EndpointBuilder, GenericRetrier, NoRetryConfigurationDetails, composeRequest } from "oci-common";
// src/clouds/oci/service-client.ts
/** The header that the SDK sends with each request without a body of another type. */
const JSON_TYPE = { "Content-Type": "application/json" };
/**
* A client of one service on what the SDK's own clients are made of: the same URLs, headers, signatures and errors. The SDK has each
* service as one package with all of its operations, of which some weigh more than all else that the program needs.
*/
var OciServiceClient = class {
	#service;
	#httpClient;
	#configuration;
	#endpoint = "";
	constructor(service, { httpClient }, configuration) {
		this.#service = service;
		this.#httpClient = httpClient;
		this.#configuration = configuration;
	}
	/** With the API's version; empty as long as neither it nor the region was set. */
	get endpoint() {
		return this.#endpoint;
	}
	set endpoint(base) {
		this.#endpoint = `${base}/${this.#service.version}`;
	}
	set regionId(region) {
		this.endpoint = EndpointBuilder.createEndpointFromRegionId(this.#service.endpoint, region, "");
	}
	/** The answer to a request that went well. Throws the SDK's OciError for any other status. */
	async send(operation, request) {
		const { retryConfiguration } = this.#configuration;
		const retrier = GenericRetrier.createPreferredRetrier(retryConfiguration, void 0, NoRetryConfigurationDetails);
		const composed = await composeRequest({
			baseEndpoint: this.#endpoint,
			path: request.path,
			method: request.method,
			defaultHeaders: {},
			pathParams: Object.fromEntries(Object.entries(request.in).map(([name, value]) => [`{${name}}`, value])),
			queryParams: request.query ?? {},
			headerParams: request.headers ?? JSON_TYPE,
			bodyContent: request.body
		});
		return retrier.makeServiceCall(this.#httpClient, composed, this.#service.name, operation, "", request.unsignedBody);
	}
	/** The JSON of the answer, of which nothing is known yet but what the API reference promises. */
	async json(operation, request) {
		return await (await this.send(operation, request)).json();
	}
};
/** Token of the next page of a list; undefined after the last. */
function nextPageOf(response) {
	return response.headers.get("opc-next-page") ?? void 0;
}
export { OciServiceClient as n, nextPageOf as r, JSON_TYPE as t };
