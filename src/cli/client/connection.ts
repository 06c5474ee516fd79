import type { Language } from "../../protocol/texts.ts";
import type { CommandReply } from "./command-reply.ts";

export interface CommandOptions {
  token?: string | null;
  language?: Language;
  /** The longest time until the whole reply is there. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** A way to a realm: HTTP, or the protocol over plain TCP. */
export interface Connection {
  /** Sends one command. @throws {NoAnswer} @throws {UnreadableReply} */
  command(line: string | Uint8Array, options: CommandOptions): Promise<CommandReply>;
  close(): void;
}
