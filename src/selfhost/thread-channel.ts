import { ReadableStream } from "node:stream/web";
import type { Transferable } from "node:worker_threads";

/** An end of a channel to another thread: a `MessagePort`, or the `Worker` of a thread (Node documentation, "Worker threads"). */
export interface Port {
  on(event: "message", listener: (messages: Message[]) => void): unknown;
  postMessage(messages: Message[], transferred: readonly Transferable[]): void;
}

/** A call of a method of an object in another thread. */
interface Call {
  id: number;
  /** What is called: the name of a shard, or of a part of a thread. */
  target: string;
  method: string;
  args: unknown[];
}

/** Its result, or the error that it has thrown. */
type Return = { id: number; result: unknown } | { id: number; error: unknown };

type Message = { call: Call } | { return: Return };

/** Executes a call that another thread has made. */
export type CallHandler = (target: string, method: string, args: unknown[]) => unknown;

/**
 * Calls between two threads. Arguments and results are cloned; streams in them are transferred. The calls of one turn of the event
 * loop travel in one message, so that many requests cost few messages, and their writes share a commit on the other side.
 */
export class ThreadChannel {
  readonly #port: Port;
  readonly #handle: CallHandler;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #outgoing: Message[] = [];
  #transferred: ReadableStream[] = [];
  #lastId = 0;

  constructor(port: Port, handle: CallHandler) {
    this.#port = port;
    this.#handle = handle;
    port.on("message", (messages) => {
      for (const message of messages) {
        if ("call" in message) void this.#execute(message.call);
        else this.#settle(message.return);
      }
    });
  }

  /** Rejects with the error that the method has thrown. */
  call(target: string, method: string, ...args: unknown[]): Promise<unknown> {
    const pending = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    this.#pending.set(id, pending);
    this.#send({ call: { id, target, method, args } }, null);
    return pending.promise;
  }

  async #execute({ id, target, method, args }: Call): Promise<void> {
    try {
      const result = await this.#handle(target, method, args);
      this.#send({ return: { id, result } }, streamIn(result));
    } catch (error) {
      this.#send({ return: { id, error } }, null);
    }
  }

  #settle(message: Return): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("error" in message) pending?.reject(message.error);
    else pending?.resolve(message.result);
  }

  #send(message: Message, stream: ReadableStream | null): void {
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush());
    this.#outgoing.push(message);
    if (stream) this.#transferred.push(stream);
  }

  #flush(): void {
    const streams = this.#transferred;
    this.#transferred = [];
    this.#port.postMessage(this.#outgoing.splice(0), streams);
  }
}

/** The stream of a result: a bulk reply is one, and a long page has one as its body. */
function streamIn(result: unknown): ReadableStream | null {
  if (result instanceof ReadableStream) return result;
  const body = typeof result === "object" && result !== null && "body" in result ? result.body : null;
  return body instanceof ReadableStream ? body : null;
}
