export { n as ociTransport } from "./transport-CTjQxoSW.js";
