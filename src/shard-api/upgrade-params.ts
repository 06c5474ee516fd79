import type { SessionClaim } from "../accounts/session-token.ts";
import type { Language } from "../protocol/texts.ts";

/** What the Worker found in a request for a socket. It travels to the object as one header: the token stays behind. */
export interface Wish {
  claim: SessionClaim;
  /** The last message that the reader has, or null: only what comes from now on. */
  after: number | null;
  language: Language;
}

const header = "ranah-wish";

export function wishRequest(request: Request, wish: Wish): Request {
  return new Request(request.url, { headers: { upgrade: "websocket", [header]: JSON.stringify(wish) } });
}

/** Reads what `wishRequest` wrote. Nobody but the Worker can reach an object's `fetch`. */
export function wishOf(request: Request): Wish {
  return JSON.parse(request.headers.get(header) ?? "null");
}
