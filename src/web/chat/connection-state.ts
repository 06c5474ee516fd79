import type { Reply } from "./reply-parser.ts";

/** Why the page has lost its connection, or cannot get one. */
export type ConnectionProblem =
  /** The device has no network. */
  | { kind: "offline" }
  /** The server does not answer, or not any more. */
  | { kind: "no-answer" }
  /** Something answers in place of the server, such as the login page of a Wi-Fi. */
  | { kind: "foreign-answer" }
  /** The server has closed the socket because it stops. */
  | { kind: "server-stopped" }
  /** The network is too slow for the events of this account. */
  | { kind: "too-slow" }
  /** The server answers commands with this error. */
  | { kind: "refused"; reply: Reply };

export type ConnectionState =
  /** `problem` is that of the attempt before; null: it is the first attempt. */
  | { status: "connecting"; problem: ConnectionProblem | null }
  /** A live socket is open. */
  | { status: "open" }
  /** No socket gets through. Commands go over HTTP, and `HttpUpdates` waits for messages. */
  | { status: "polling" }
  /** The next attempt is at `retryAt`, by the clock `ConnectionDeps.elapsed`. */
  | { status: "waiting"; retryAt: number; problem: ConnectionProblem }
  /** The account has too many sockets, and the server has closed this one. The page waits until the user comes back to it. */
  | { status: "replaced" }
  | { status: "session-ended" };

/** Whether commands can be sent now. */
export function canRequest({ status }: ConnectionState): boolean {
  return status === "open" || status === "polling";
}

/** Rejects a command that has no reply: the connection was closed, or was lost before the reply. */
export class ConnectionLost extends Error {}
