/**
 * Whether the client used HTTPS, as a proxy that terminates TLS says in `X-Forwarded-Proto`. Each proxy appends its own scheme, so
 * the first element is the client's.
 */
export function isForwardedFromHttps(header: string | null): boolean {
  const first = header?.split(",").find((each) => each.trim() !== "");
  return first?.trim().toLowerCase() === "https";
}
