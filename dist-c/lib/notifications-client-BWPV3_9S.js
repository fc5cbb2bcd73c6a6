import { n as OciServiceClient, r as nextPageOf, t as JSON_TYPE } from "./service-client-Cn_brf2f.js";
// src/clouds/oci/notifications-client.ts
/** The operations of Notifications that the program uses, https://docs.oracle.com/iaas/api/#/en/notification/20181201/. */
var NotificationsClient = class extends OciServiceClient {
	constructor(params, configuration) {
		super({
			name: "Notifications",
			endpoint: "https://notification.{region}.{secondLevelDomain}",
			version: "20181201"
		}, params, configuration);
	}
	/** The first page. */
	listTopics(query) {
		return this.json("listTopics", {
			method: "GET",
			path: "/topics",
			in: {},
			query
		});
	}
	getTopic(topicId) {
		return this.json("getTopic", {
			method: "GET",
			path: TOPIC,
			in: { topicId }
		});
	}
	createTopic(details, opcRetryToken) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken
		};
		return this.json("createTopic", {
			method: "POST",
			path: "/topics",
			in: {},
			headers,
			body: JSON.stringify(details)
		});
	}
	updateTopic(topicId, details) {
		return this.json("updateTopic", {
			method: "PUT",
			path: TOPIC,
			in: { topicId },
			body: JSON.stringify(details)
		});
	}
	deleteTopic(topicId) {
		return this.send("deleteTopic", {
			method: "DELETE",
			path: TOPIC,
			in: { topicId }
		});
	}
	publishMessage(topicId, details) {
		const path = `${TOPIC}/messages`;
		return this.json("publishMessage", {
			method: "POST",
			path,
			in: { topicId },
			body: JSON.stringify(details)
		});
	}
	/** One page. */
	async listSubscriptions(query) {
		const response = await this.send("listSubscriptions", {
			method: "GET",
			path: "/subscriptions",
			in: {},
			query
		});
		return {
			items: await response.json(),
			next: nextPageOf(response)
		};
	}
	createSubscription(details, opcRetryToken) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken
		};
		const body = JSON.stringify(details);
		return this.json("createSubscription", {
			method: "POST",
			path: "/subscriptions",
			in: {},
			headers,
			body
		});
	}
	deleteSubscription(subscriptionId) {
		return this.send("deleteSubscription", {
			method: "DELETE",
			path: "/subscriptions/{subscriptionId}",
			in: { subscriptionId }
		});
	}
};
const TOPIC = "/topics/{topicId}";
export { NotificationsClient };
