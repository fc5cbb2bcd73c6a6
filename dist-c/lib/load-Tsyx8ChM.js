export { t as loadConfig, r as readConfig } from "./load-C45dlczT.js";
