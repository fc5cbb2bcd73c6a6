/** The examples use the package by its name, as its users do: where Node itself loads them, that is its source, built or not. */
import { registerHooks } from "node:module";

const INDEX = new URL("../src/index.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) => nextResolve(specifier === "flowferry" ? INDEX : specifier, context),
});
