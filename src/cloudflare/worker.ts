import type { Config } from "../config/config.ts";
import type { Failure } from "../protocol/replies.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { handleRequest } from "../worker/routes.ts";
import type { RequestHead, WorkerDeps } from "../worker/worker-deps.ts";
import type { Bindings } from "./bindings.ts";
import { configOf } from "./config-of.ts";
import { ShardStubs } from "./shard-stubs.ts";

/** The Worker's `fetch` handler. */
export const worker = {
  fetch(request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> | Response {
    return handleRequest(request, depsOf(bindings), ctx);
  },
};

/** Dependencies are created once for each isolate. */
const depsByBindings = new WeakMap<Bindings, WorkerDeps>();

function depsOf(bindings: Bindings): WorkerDeps {
  let deps = depsByBindings.get(bindings);
  if (!deps) {
    deps = new CloudflareWorkerDeps(bindings);
    depsByBindings.set(bindings, deps);
  }
  return deps;
}

class CloudflareWorkerDeps implements WorkerDeps {
  readonly #bindings: Bindings;
  #shards: ShardStubs | null = null;

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  get config(): Config {
    return configOf(this.#bindings);
  }

  get shards(): ShardStubs {
    this.#shards ??= new ShardStubs(this.#bindings, this.config);
    return this.#shards;
  }

  openSocket(_request: Request, shardName: string, params: UpgradeParams): Promise<Response | Failure> {
    return this.shards.openSocket(shardName, params);
  }

  async isLoginAllowed(request: RequestHead): Promise<boolean> {
    const { LOGIN_RATE } = this.#bindings;
    if (!LOGIN_RATE) return true;
    const { success } = await LOGIN_RATE.limit({ key: request.headers.get("cf-connecting-ip") ?? "unknown" });
    return success;
  }
}
