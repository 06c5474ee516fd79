import { loginPolicy } from "../admission/login-rate.ts";
import type { Config } from "../config/config.ts";
import { limits } from "../limits.ts";
import { type Failure, rateFailure } from "../protocol/replies.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { clientOfAddress } from "../worker/client-address.ts";
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

const workersAddress = "2a06:98c0:3600::103";

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

  /**
   * Requests of all Workers of other zones have one address (Cloudflare documentation, "CF-Connecting-IP in Worker subrequests");
   * the header `CF-Worker` then names the zone.
   */
  clientOf({ headers }: RequestHead): string | null {
    const address = headers.get("cf-connecting-ip");
    if (address === null) return null;
    const worker = address === workersAddress ? headers.get("cf-worker") : null;
    return worker === null ? clientOfAddress(address) : worker.slice(0, limits.realmMaxChars);
  }

  async admitLogin(request: RequestHead): Promise<Failure | null> {
    const { LOGIN_RATE } = this.#bindings;
    const client = this.clientOf(request);
    if (!LOGIN_RATE || client === null) return null;
    const { success } = await LOGIN_RATE.limit({ key: client });
    return success ? null : rateFailure("busy", limits.loginRateRetrySeconds, loginPolicy);
  }
}
