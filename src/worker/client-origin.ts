import { isForwardedFromHttps } from "./headers/forwarded-proto.ts";
import { type Host, hostOfUrl, isLoopback } from "./headers/host.ts";
import type { RequestHead } from "./worker-deps.ts";

/** The host of a request that has been accepted. @throws if it names no valid one: such a request is refused before */
export function hostOf(request: RequestHead): Host {
  const host = hostOfUrl(request.url);
  if (!host) throw new Error("the request names no valid host");
  return host;
}

/** The origin that the client called. It is `https` also if a proxy terminates TLS. */
export function originOf(request: RequestHead): string {
  return new URL(`${isHttps(request) ? "https" : "http"}://${hostOf(request).authority}`).origin;
}

/**
 * Whether nobody on the way can read the request: it came over HTTPS, or from this machine. A proxy may name this machine as the
 * host, so a request that was forwarded needs HTTPS.
 */
export function isConfidential(request: RequestHead): boolean {
  if (isHttps(request)) return true;
  return isLoopback(hostOf(request)) && forwardingHeaders.every((name) => request.headers.get(name) === null);
}

const forwardingHeaders = ["x-forwarded-proto", "x-forwarded-for", "forwarded", "via"];

function isHttps(request: RequestHead): boolean {
  return request.url.startsWith("https:") || isForwardedFromHttps(request.headers.get("x-forwarded-proto"));
}
