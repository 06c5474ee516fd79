import { buildCli } from "../../src/dev/build-cli.ts";

/** Builds the terminal client before its tests, which run it as its users do. */
export default async function setup(): Promise<void> {
  await buildCli();
}
