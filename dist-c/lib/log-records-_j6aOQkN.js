export { n as recordMaker } from "./log-records-Dwn6vvBG.js";
