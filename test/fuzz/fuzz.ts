import fc from "fast-check";
import { Agent, request } from "undici";
import { WebSocket } from "ws";
import type { FakePeer } from "../support/fake-peer.ts";
import type { TestServer } from "../support/test-server.ts";
import { type FuzzInput, fuzzInput } from "./inputs.ts";

export interface FuzzResult {
  inputs: number;
  /** How often each status was answered; frames count as the status that their reply has. */
  statuses: Record<string, number>;
  problems: string[];
}

export interface FuzzOptions {
  server: Pick<TestServer, "url">;
  /** The peer `malang`, which the realm trusts. */
  peer: FakePeer;
  /** The session of an account. */
  token: string;
  count: number;
  seed: number;
}

/** No answer in this time is a hang. */
const hangMs = 20_000;
const concurrency = 32;

/**
 * Sends generated inputs through every door of a realm, some at the same time. A problem is an answer of 500 or more, one that is not
 * JSON with its terminator, none at all, or a realm that does not work afterwards.
 */
export async function fuzz({ server, peer, token, count, seed }: FuzzOptions): Promise<FuzzResult> {
  const agent = new Agent({ connections: concurrency, headersTimeout: hangMs, bodyTimeout: hangMs });
  const result: FuzzResult = { inputs: 0, statuses: {}, problems: [] };
  const frames = new FrameSender(server.url, token);
  const note = (status: number) => {
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  };

  const post = async (path: string, body: Uint8Array | string, headers: Record<string, string>, what: FuzzInput) => {
    const reply = await request(new URL(path, server.url), { method: "POST", body, headers, dispatcher: agent });
    const text = await reply.body.text();
    note(reply.statusCode);
    const problem = problemOf(path, reply.statusCode, text);
    if (problem) result.problems.push(`${problem}: ${JSON.stringify(describe(what))} → ${text.slice(0, 200)}`);
  };
  const send = async (input: FuzzInput): Promise<void> => {
    switch (input.kind) {
      case "command": {
        const authorization = input.asUser ? { authorization: `Bearer ${token}` } : {};
        return post("/command", input.body, { ...input.headers, ...authorization }, input);
      }
      case "bulk":
        return post("/commands", input.body, { authorization: `Bearer ${token}` }, input);
      case "peer": {
        const { path, headers, body } = peer.signedRequest(input.path, input.body, "surabaya");
        return post(path, body, headers, input);
      }
      case "frame": {
        const problem = await frames.send(input.frame);
        note(200);
        if (problem) result.problems.push(`${problem}: ${JSON.stringify(describe(input))}`);
      }
    }
  };

  for (let batch = 0; result.inputs < count; batch++) {
    const inputs = fc.sample(fuzzInput, { numRuns: Math.min(2_000, count - result.inputs), seed: seed + batch });
    result.inputs += inputs.length;
    const next = inputs.values();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (const input of next) {
          await send(input).catch((error) => {
            result.problems.push(`${error}: ${JSON.stringify(describe(input))}`);
          });
        }
      }),
    );
    if (result.problems.length > 20) break;
  }
  await post("/command", "whoami", { authorization: `Bearer ${token}` }, { kind: "bulk", body: new Uint8Array() });
  frames.close();
  await agent.close();
  return result;
}

function problemOf(path: string, status: number, text: string): string | null {
  if (status >= 500) return `${status}`;
  const parts = text.split("\r\n\r\n");
  // An answer to a peer that is no error has no terminator.
  const isPeers = path.startsWith("/federation/") && status === 200;
  if (!isPeers && parts.pop() !== "") return "no terminator";
  try {
    for (const part of parts) JSON.parse(part);
    return null;
  } catch {
    return "no JSON";
  }
}

function describe(input: FuzzInput): object {
  if (input.kind === "peer") return input;
  const content = input.kind === "frame" ? input.frame : input.body;
  const text = typeof content === "string" ? content : Buffer.from(content).toString("latin1");
  return { ...input, body: text, frame: undefined };
}

/** Sends frames over a live socket, one at a time, and opens it again where the realm has closed it as the protocol says. */
class FrameSender {
  readonly #url: URL;
  readonly #token: string;
  #socket: WebSocket | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(url: URL, token: string) {
    this.#url = new URL("/live", url);
    this.#url.protocol = "ws:";
    this.#token = token;
  }

  /** @returns what is wrong with the answer, or null */
  send(frame: string | Uint8Array): Promise<string | null> {
    const answered = this.#turn.then(() => this.#exchange(frame));
    this.#turn = answered.catch(() => {});
    return answered;
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #exchange(frame: string | Uint8Array): Promise<string | null> {
    const socket = await this.#open();
    return new Promise((resolve) => {
      const end = (problem: string | null) => {
        clearTimeout(timer);
        socket.off("message", onMessage);
        socket.off("close", onClose);
        resolve(problem);
      };
      const timer = setTimeout(() => end("no reply to a frame"), hangMs);
      const onMessage = (data: Buffer) => {
        try {
          const { status, event, error, data: content } = JSON.parse(data.toString());
          if (event === "ping") socket.send(`pong ${content.word}`);
          // A frame `ping` is answered by an event.
          if (status !== undefined || (event === "pong" && String(frame) === "ping")) {
            end(error === "internal" ? "internal" : null);
          }
        } catch {
          end("no JSON");
        }
      };
      const onClose = () => end(null);
      socket.on("message", onMessage);
      socket.on("close", onClose);
      socket.send(frame);
      // A pong is no command and has no reply.
      if (String(frame).startsWith("pong")) setTimeout(() => end(null), 5);
    });
  }

  #open(): Promise<WebSocket> {
    if (this.#socket?.readyState === WebSocket.OPEN) return Promise.resolve(this.#socket);
    const socket = new WebSocket(String(this.#url), ["ranah", this.#token]);
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(socket));
      socket.once("error", reject);
    });
  }
}
