import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exchange } from "./command.ts";
import { isSigned, type SignedRequest, type SigningInput, signed } from "./signing.ts";

/** A request that a fake peer got. */
export interface Heard extends SignedRequest {
  /** Milliseconds since 1970. */
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

/** Another implementation of a realm, as small as can be, that says what a test wants it to say. */
export class FakePeer {
  readonly realm: string;
  readonly keyId = randomUUID();
  readonly heard: Heard[] = [];
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #server = createServer((request, response) => this.#serve(request, response));
  /** Answers by path. What is not here answers as an honest realm does. */
  readonly answers = new Map<string, (heard: Heard, response: ServerResponse) => void>();

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

  /** How often a path was asked for. */
  count(path: string): number {
    return this.heard.filter((request) => request.path === path).length;
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

  /** Signs a request with this peer's key, and with whatever a test wants to be different. */
  signed(path: string, body: string, to: string, different: Partial<SigningInput> = {}): SignedRequest {
    const { keyId, realm: from } = this;
    return signed({ path, body, from, to, keyId, key: this.#privateKey, ...different });
  }

  /** A batch for `/federation/deliver`, signed. */
  delivery(to: string, messages: Partial<WireMessage>[], different: Partial<SigningInput> = {}): SignedRequest {
    const whole = messages.map((message) => ({
      uid: randomUUID(),
      kind: "private",
      from: `rina@${this.realm}`,
      to: `budi@${to}`,
      text: "halo",
      time: new Date().toISOString(),
      ...message,
    }));
    return this.signed("/federation/deliver", JSON.stringify({ messages: whole }), to, different);
  }

  /** Whether a request that it heard bears a realm's signature. */
  static believes(heard: Heard, publicKey: KeyObject): boolean {
    return isSigned(heard, publicKey);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const { method = "", url: path = "" } = request;
    // A test may end a connection in the middle.
    const body = await text(request).catch(() => "");
    const heard: Heard = { method, path, headers: request.headers as Record<string, string>, body, at };
    this.heard.push(heard);
    const answer = this.answers.get(path) ?? ((_, honest) => honest.end(JSON.stringify(this.#honest(heard))));
    answer(heard, response);
  }

  #honest({ path, body }: Heard): object {
    if (path === "/.well-known/ranah") return this.wellKnown();
    const asked = JSON.parse(body);
    if (path === "/federation/deliver") return { results: asked.messages.map(() => ({ state: "delivered" })) };
    if (path === "/federation/echo") return { text: asked.text, realm: this.realm, time: new Date().toISOString() };
    return { ok: true, rows: [], rest: null };
  }
}

/** Brings a signed request to a server. */
export function bring(url: URL, { method, path, headers, body }: SignedRequest, host?: string) {
  return exchange(new URL(path, url), method, body, { ...headers, ...(host && { host }) });
}
