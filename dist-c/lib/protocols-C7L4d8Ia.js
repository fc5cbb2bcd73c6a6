// src/lib/protocols.ts
/** https://www.iana.org/assignments/protocol-numbers: the keywords of the protocols that flow logs meet. */
const KEYWORDS = {
	0: "HOPOPT",
	1: "ICMP",
	2: "IGMP",
	4: "IPv4",
	6: "TCP",
	8: "EGP",
	17: "UDP",
	27: "RDP",
	33: "DCCP",
	41: "IPv6",
	43: "IPv6-Route",
	44: "IPv6-Frag",
	46: "RSVP",
	47: "GRE",
	50: "ESP",
	51: "AH",
	58: "IPv6-ICMP",
	59: "IPv6-NoNxt",
	60: "IPv6-Opts",
	88: "EIGRP",
	89: "OSPFIGP",
	94: "IPIP",
	97: "ETHERIP",
	103: "PIM",
	108: "IPComp",
	112: "VRRP",
	115: "L2TP",
	132: "SCTP",
	136: "UDPLite"
};
/** IANA keyword of a protocol number; undefined for the rare ones. */
function protocolKeyword(protocol) {
	return KEYWORDS[protocol];
}
export { protocolKeyword as t };
