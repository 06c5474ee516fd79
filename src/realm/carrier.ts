import type { Config, Env } from "../env.ts";
import type { Carrier } from "../link/links.ts";
import { realmObject } from "./objects.ts";

/** Carries batches to objects of the same deployment: other shards, and other realms that it hosts. */
export function rpcCarrier(env: Env, config: Config): Carrier {
  return async (destination, batch) => {
    try {
      return { reached: true, results: await realmObject(env, config, destination).deliver(batch) };
    } catch (error) {
      console.warn({ event: "delivery-unreached", destination, messages: batch.length, error: String(error) });
      return { reached: false };
    }
  };
}
