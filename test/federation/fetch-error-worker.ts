import { canOpenTcpConnection } from "../../src/cloudflare/tcp-probe.ts";
import { classifyFetchError } from "../../src/federation/fetch-error.ts";
import { fetchFromPeer } from "../../src/federation/outbound-fetch.ts";

/** Fetches a URL, plainly and as a peer's, and answers what came of it. */
export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(await request.text());
    const failure = await fetch(url, { redirect: "manual" })
      .then((response) => response.arrayBuffer())
      .then(() => null, classifyFetchError);
    const timer = (done: () => void, ms: number) => {
      const timeout = setTimeout(done, ms);
      return () => clearTimeout(timeout);
    };
    const outbound = {
      fetch: globalThis.fetch.bind(globalThis),
      localPeers: true,
      timer,
      canConnect: canOpenTcpConnection,
    };
    const result = await fetchFromPeer(outbound, new Request(url), 1_000);
    const isOpen = await canOpenTcpConnection(url.hostname, Number(url.port || 443));
    return Response.json({ failure, isOpen, problem: result.ok ? null : result.problem });
  },
};
