export { n as tapCommand } from "./tap-DQ03Idut.js";
