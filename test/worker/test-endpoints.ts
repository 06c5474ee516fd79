import unsafe from "workerd:unsafe";
import type { RealmShard } from "./test-worker.ts";

/** What a test asks of an object: SQL, or else to be thrown out of memory while its sockets stay. */
export interface Wish {
  object: string;
  query?: string;
}

/** A Worker beside the one that is tested, on a socket of its own. */
export default {
  async fetch(request: Request, env: { REALM_SHARDS: DurableObjectNamespace<RealmShard> }): Promise<Response> {
    const { object, query } = await request.json<Wish>();
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
