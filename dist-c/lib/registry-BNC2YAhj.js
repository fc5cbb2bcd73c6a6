export { t as DIALECTS, n as FORMATS, r as LAYOUTS, i as NETWORKS, a as Registry } from "./registry-BmxmoegP.js";
