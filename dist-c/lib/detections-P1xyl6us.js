export { t as loadEnabledRules } from "./detections-D3NX89Ko.js";
