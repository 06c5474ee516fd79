import { ReadableStream } from "node:stream/web";
import type { Transferable } from "node:worker_threads";
import { logError } from "../storage/log.ts";

/** An end of a channel to another thread: a `MessagePort`, or the `Worker` of a thread (Node documentation, "Worker threads"). */
export interface Port {
  on(event: "message", listener: (messages: Message[]) => void): unknown;
  postMessage(messages: Message[], transferred: readonly Transferable[]): void;
}

/** A call of a method of an object in another thread. Without an id nothing is returned. */
interface Call {
  id: number | null;
  /** What is called: the name of a shard, or of a part of a thread. */
  target: string;
  method: string;
  args: unknown[];
}

/** Its result, or the error that it has thrown. */
type Return = { id: number; result: unknown } | { id: number; error: ErrorText };

/** What travels of an error. */
interface ErrorText {
  name: string;
  message: string;
  stack: string | undefined;
}

type Message = { call: Call } | { return: Return };

/** Finds the object that another thread calls. @throws where there is none */
export type FindTarget = (target: string) => object;

/**
 * Calls between two threads. Arguments and results are cloned; streams in them are transferred. The calls of one turn of the event
 * loop travel in one message, so that many requests cost few messages, and their writes share a commit on the other side.
 */
export class ThreadChannel {
  readonly #port: Port;
  readonly #find: FindTarget;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #outgoing: { message: Message; stream: ReadableStream | null }[] = [];
  #lastId = 0;

  constructor(port: Port, find: FindTarget) {
    this.#port = port;
    this.#find = find;
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

  /** Calls a method whose result nobody needs. Calls of both kinds run in their order. */
  notify(target: string, method: string, ...args: unknown[]): void {
    this.#send({ call: { id: null, target, method, args } }, null);
  }

  async #execute({ id, target, method, args }: Call): Promise<void> {
    try {
      const object = this.#find(target);
      const found: unknown = Reflect.get(object, method);
      if (typeof found !== "function") throw new Error(`${target} has no method ${method}`);
      const result: unknown = await Reflect.apply(found, object, args);
      if (id !== null) this.#send({ return: { id, result } }, streamIn(result));
    } catch (error) {
      if (id === null) logError("thread-call-failed", error, { target, method });
      else this.#send({ return: { id, error: textOf(error) } }, null);
    }
  }

  #settle(returned: Return): void {
    const pending = this.#pending.get(returned.id);
    this.#pending.delete(returned.id);
    if ("error" in returned) pending?.reject(Object.assign(new Error(returned.error.message), returned.error));
    else pending?.resolve(returned.result);
  }

  #send(message: Message, stream: ReadableStream | null): void {
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush());
    this.#outgoing.push({ message, stream });
  }

  #flush(): void {
    const outgoing = this.#outgoing.splice(0);
    try {
      this.#port.postMessage(
        outgoing.map(({ message }) => message),
        outgoing.flatMap(({ stream }) => stream ?? []),
      );
    } catch {
      // One of them cannot be cloned. The others must not be lost with it.
      for (const { message, stream } of outgoing) this.#sendAlone(message, stream);
    }
  }

  #sendAlone(message: Message, stream: ReadableStream | null): void {
    try {
      this.#port.postMessage([message], stream ? [stream] : []);
    } catch (error) {
      logError("thread-call-failed", error);
      if ("return" in message)
        this.#port.postMessage([{ return: { id: message.return.id, error: textOf(error) } }], []);
      else if (message.call.id !== null) this.#settle({ id: message.call.id, error: textOf(error) });
    }
  }
}

/** An error can hold what cannot be cloned, so only its texts travel. */
function textOf(error: unknown): ErrorText {
  return error instanceof Error
    ? { name: error.name, message: error.message, stack: error.stack }
    : { name: "Error", message: String(error), stack: undefined };
}

/** The stream of a result: a bulk reply is one, and a long page has one as its body. */
function streamIn(result: unknown): ReadableStream | null {
  if (result instanceof ReadableStream) return result;
  const body = typeof result === "object" && result !== null && "body" in result ? result.body : null;
  return body instanceof ReadableStream ? body : null;
}
