import unsafe from "workerd:unsafe";
import type { RealmShard } from "./test-worker.ts";

/** Runs `query` in a shard. Without `query`, evicts the shard from memory and keeps its sockets. */
export interface ControlRequest {
  object: string;
  query?: string;
}

/** The test control endpoint: a Worker on its own socket beside the Worker under test. */
export default {
  async fetch(request: Request, env: { REALM_SHARDS: DurableObjectNamespace<RealmShard> }): Promise<Response> {
    const { object, query } = await request.json<ControlRequest>();
    const stub = env.REALM_SHARDS.getByName(object);
    try {
      if (query !== undefined) return Response.json(await stub.query(query));
      await unsafe.evict(stub, { webSockets: "hibernate" });
      return Response.json([]);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
