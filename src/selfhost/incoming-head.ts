import type { IncomingMessage } from "node:http";
import type { RequestHead } from "../worker/worker-deps.ts";

/**
 * What precedes the body of a request, read from Node's message. A class: V8 makes a hidden class for each object with a getter of
 * its own, which only a full collection frees.
 */
export class IncomingHead implements RequestHead {
  readonly headers: RequestHead["headers"];
  readonly incoming: IncomingMessage;
  readonly #scheme: "http" | "https";

  constructor(incoming: IncomingMessage, scheme: "http" | "https") {
    this.incoming = incoming;
    this.#scheme = scheme;
    this.headers = {
      get(name) {
        const value = incoming.headers[name];
        return typeof value === "string" ? value : null;
      },
    };
  }

  get url(): string {
    const { headers, url = "" } = this.incoming;
    return url.startsWith("/") ? `${this.#scheme}://${headers.host}${url}` : url;
  }
}
