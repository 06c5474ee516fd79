import type { SessionClaim } from "../accounts/session-token.ts";
import type { LiveEvent } from "../protocol/events.ts";
import type { Language } from "../protocol/texts.ts";

/**
 * What a socket is. It is written to the socket's attachment, the one thing that survives hibernation; everything else
 * here is built from the attachments anew.
 */
export interface Ticket {
  claim: SessionClaim;
  /** The account's id, which is its mailbox. */
  account: number;
  language: Language;
  /** Milliseconds since 1970: the session lasts until then at least, and longer where it is used meanwhile. */
  expires: number;
  /** While history is being told: the last message told. Null once the socket is live. */
  toldUpTo: number | null;
  /** Characters of history that were told. */
  toldChars: number;
}

/** The sockets that are open at this object. */
export class Sockets {
  readonly #host: DurableObjectState;
  readonly #tickets = new Map<WebSocket, Ticket>();
  readonly #byAccount = new Map<number, Set<WebSocket>>();

  /** Finds the sockets that slept through the object's absence. */
  constructor(host: DurableObjectState) {
    this.#host = host;
    for (const socket of host.getWebSockets()) this.#note(socket, socket.deserializeAttachment() as Ticket);
  }

  /** Opens a socket that can hibernate. @returns the client's end of it */
  open(ticket: Ticket): { client: WebSocket; server: WebSocket } {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#host.acceptWebSocket(server, [tagOf(ticket.account)]);
    this.keep(server, ticket);
    return { client, server };
  }

  /** Stores what a socket has become. */
  keep(socket: WebSocket, ticket: Ticket): void {
    socket.serializeAttachment(ticket);
    this.#note(socket, ticket);
  }

  ticketOf(socket: WebSocket): Ticket | null {
    return this.#tickets.get(socket) ?? null;
  }

  get isEmpty(): boolean {
    return this.#tickets.size === 0;
  }

  all(): [WebSocket, Ticket][] {
    return [...this.#tickets];
  }

  /** How many sockets of an account are open, those too that were closed here and not yet there: what they were told waits for them. */
  openOf(account: number): number {
    return this.#host.getWebSockets(tagOf(account)).length;
  }

  of(account: number): ReadonlySet<WebSocket> {
    return this.#byAccount.get(account) ?? none;
  }

  forget(socket: WebSocket): void {
    const ticket = this.#tickets.get(socket);
    this.#tickets.delete(socket);
    if (!ticket) return;
    const those = this.#byAccount.get(ticket.account);
    those?.delete(socket);
    if (those?.size === 0) this.#byAccount.delete(ticket.account);
  }

  #note(socket: WebSocket, ticket: Ticket): void {
    this.#tickets.set(socket, ticket);
    const those = this.#byAccount.get(ticket.account) ?? new Set();
    this.#byAccount.set(ticket.account, those.add(socket));
  }
}

const none: ReadonlySet<WebSocket> = new Set();

function tagOf(account: number): string {
  return `account ${account}`;
}

/** Says something to a socket. One that is gone already hears it by reconnecting. */
export function tell(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closed between the event and this line.
  }
}

export function frameOf(event: LiveEvent): string {
  return JSON.stringify(event);
}
