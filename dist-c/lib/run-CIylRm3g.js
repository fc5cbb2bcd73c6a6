export { n as runCommand } from "./run-Ca8QZDT_.js";
