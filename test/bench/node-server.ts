import { join } from "node:path";
import { BenchServer, type Launch } from "./bench-server.ts";

/** `npm run serve`. */
export class NodeServer extends BenchServer {
  protected override launch(): Launch {
    const serve = join(import.meta.dirname, "../../src/selfhost/serve.ts");
    return {
      program: process.execPath,
      args: [serve, "--data", this.folder, "--port", String(this.port)],
      env: this.vars,
    };
  }
}

/** The floor on Node: what a server of the same libraries takes that stores one row for each send and does nothing else. */
export class NodeFloor extends BenchServer {
  protected override launch(): Launch {
    const floor = join(import.meta.dirname, "floor/node-floor.js");
    return { program: process.execPath, args: [floor, join(this.folder, "floor.sqlite"), String(this.port)] };
  }
}
