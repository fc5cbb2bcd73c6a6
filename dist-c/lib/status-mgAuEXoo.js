export { r as statusCommand } from "./status-CEztlLym.js";
