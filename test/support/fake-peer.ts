import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { sendRequest } from "./command.ts";
import { isSignatureValid, type SignedRequest, type SigningInput, signRequest } from "./signing.ts";

/** A request that a fake peer received. */
export interface ReceivedRequest extends SignedRequest {
  /** Arrival time in milliseconds since 1970. */
  at: number;
}

export interface WireMessage {
  uid: string;
  kind: "private" | "group";
  from: string;
  to: string;
  text: string;
  time: string;
}

/** A minimal independent realm whose answers a test controls. */
export class FakePeer {
  readonly realm: string;
  readonly keyId = randomUUID();
  readonly requests: ReceivedRequest[] = [];
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #server = createServer((request, response) => this.#serve(request, response));
  /** Handlers by path. A path without a handler gets a correct answer. */
  readonly handlers = new Map<string, (request: ReceivedRequest, response: ServerResponse) => void>();

  constructor(realm: string) {
    this.realm = realm;
    const pair = generateKeyPairSync("ed25519");
    this.#privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
  }

  /** @returns its origin */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this.origin;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Number of received requests for a path. */
  requestCount(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  wellKnown(): Record<string, unknown> {
    const { x } = this.#publicKey.export({ format: "jwk" });
    return {
      realm: this.realm,
      version: 1,
      time: new Date().toISOString(),
      endpoints: { deliver: "/federation/deliver", query: "/federation/query", echo: "/federation/echo" },
      keys: [{ kty: "OKP", crv: "Ed25519", kid: this.keyId, x }],
    };
  }

  /** Signs a request with this peer's key. `overrides` replaces parts of the signature's input. */
  signedRequest(path: string, body: string, to: string, overrides: Partial<SigningInput> = {}): SignedRequest {
    const { keyId, realm: from } = this;
    return signRequest({ path, body, from, to, keyId, key: this.#privateKey, ...overrides });
  }

  /** A signed batch for `/federation/deliver`. */
  signedDelivery(to: string, messages: Partial<WireMessage>[], overrides: Partial<SigningInput> = {}): SignedRequest {
    const complete = messages.map((message) => ({
      uid: randomUUID(),
      kind: "private",
      from: `rina@${this.realm}`,
      to: `budi@${to}`,
      text: "halo",
      time: new Date().toISOString(),
      ...message,
    }));
    return this.signedRequest("/federation/deliver", JSON.stringify({ messages: complete }), to, overrides);
  }

  /** Whether a received request carries a valid signature of the given key. */
  static isSignedBy(request: ReceivedRequest, publicKey: KeyObject): boolean {
    return isSignatureValid(request, publicKey);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const { method = "", url: path = "" } = request;
    // A test may abort a request before its body is complete.
    const body = await text(request).catch(() => "");
    const received: ReceivedRequest = { method, path, headers: request.headers as Record<string, string>, body, at };
    this.requests.push(received);
    const answer =
      this.handlers.get(path) ?? ((_, response) => response.end(JSON.stringify(this.#correctAnswer(received))));
    answer(received, response);
  }

  #correctAnswer({ path, body }: ReceivedRequest): object {
    if (path === "/.well-known/ranah") return this.wellKnown();
    const parsed = JSON.parse(body);
    if (path === "/federation/deliver") return { results: parsed.messages.map(() => ({ state: "delivered" })) };
    if (path === "/federation/echo") return { text: parsed.text, realm: this.realm, time: new Date().toISOString() };
    return { ok: true, rows: [], rest: null };
  }
}

/** Sends a signed request to a server. */
export function sendSigned(url: URL, { method, path, headers, body }: SignedRequest, host?: string) {
  return sendRequest(new URL(path, url), method, body, { ...headers, ...(host && { host }) });
}
