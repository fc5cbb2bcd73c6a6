// src/enrich/rules/cloud.ts
/** Those of the networks of which `enrich` has a block. */
function networkBlocks(networks, enrich) {
	return networks.flatMap((network) => {
		const options = enrich[network.name];
		return options === void 0 ? [] : [{
			network,
			options
		}];
	});
}
export { networkBlocks as t };
