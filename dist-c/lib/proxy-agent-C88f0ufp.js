export { t as proxiesOf, n as proxyAgent } from "./proxy-agent-BXfkr1el.js";
