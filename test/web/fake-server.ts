import type { DeliveryState, Message, ThreadMessage } from "../../src/protocol/replies.ts";
import { HttpFailure } from "../../src/web/chat/http-command.ts";
import type { BrowserSocket, BrowserSocketHandlers } from "../../src/web/chat/live-socket.ts";
import type { Reply } from "../../src/web/chat/reply-parser.ts";

/** The browser's end of a socket to a `FakeServer`. */
export class FakeSocket implements BrowserSocket {
  readonly sent: string[] = [];
  readonly #handlers: BrowserSocketHandlers;
  isClosed = false;
  /** Handles each command that the client sends. */
  onCommand: (command: string) => void = () => {};

  constructor(handlers: BrowserSocketHandlers) {
    this.#handlers = handlers;
  }

  open(): void {
    this.#handlers.onOpen();
  }
  send(command: string): void {
    this.sent.push(command);
    this.onCommand(command);
  }
  /** The client receives a frame. */
  receive(frame: object): void {
    this.receiveText(JSON.stringify(frame));
  }
  receiveText(text: string): void {
    this.#handlers.onMessage(text);
  }
  close(): void {
    this.closeWith(1005);
  }
  closeWith(code: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#handlers.onClose(code);
  }
}

/**
 * The part of a server and of its network that the client needs: one conversation with each address, and one message for
 * each key.
 */
export class FakeServer {
  readonly ownAddress = "budi@surabaya";
  /** Private conversations and groups, by address. */
  readonly conversations = new Map<string, ThreadMessage[]>();
  /** Addresses of the account's groups. */
  readonly groups = new Set<string>();
  readonly mailbox: Message[] = [];
  readonly sockets: FakeSocket[] = [];
  /** Commands over HTTP, in order. */
  readonly posts: string[] = [];
  /** Commands are executed, and their replies are lost. */
  losesReplies = false;
  /** Sockets are refused, and so is HTTP. */
  isDown = false;
  /** A proxy refuses sockets. */
  refusesSockets = false;
  /** A proxy accepts sockets and lets no frame through. */
  swallowsFrames = false;
  /** A proxy ends a request that has no answer after so many seconds. */
  longestRequestSeconds = Infinity;
  /** Another server answers over HTTP. */
  isCaptive = false;
  /** What the browser says of the network, and of the page. */
  isOnline = true;
  isVisible = true;
  /** Sockets are neither opened nor refused. */
  dropsConnections = false;
  /** The state of a sent message at first. */
  initialState: DeliveryState = "delivered";
  /** What a group stores of a text. */
  storedText = (text: string) => text;
  #lastSentId = 0;
  readonly #waits = new Set<() => void>();

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("The client has opened no socket.");
    return socket;
  }

  /** Every command over sockets, in order. */
  get commands(): string[] {
    return this.sockets.flatMap(({ sent }) => sent).filter((frame) => !/^p[io]ng\b/.test(frame));
  }

  openSocket(handlers: BrowserSocketHandlers): FakeSocket {
    const socket = new FakeSocket(handlers);
    this.sockets.push(socket);
    socket.onCommand = (command) => {
      if (this.swallowsFrames || command.startsWith("pong ")) return;
      const answer = command === "ping" ? { event: "pong", data: null } : this.execute(command);
      if (!this.losesReplies) queueMicrotask(() => !socket.isClosed && socket.receive(answer));
    };
    const isRefused = this.isDown || this.refusesSockets;
    if (!this.dropsConnections) queueMicrotask(() => (isRefused ? socket.closeWith(1006) : socket.open()));
    return socket;
  }

  /** A command over HTTP. Only here a read waits for messages. */
  post = async (command: string, signal?: AbortSignal): Promise<Reply> => {
    this.posts.push(command);
    const seconds = Number(/ wait=(\d+)/.exec(command)?.[1] ?? 0);
    const reply = this.#overHttp(command);
    if (seconds === 0 || !Array.isArray(reply.data) || reply.data.length > 0) return reply;
    await new Promise<void>((resolve) => {
      this.#waits.add(resolve);
      signal?.addEventListener("abort", () => resolve());
      setTimeout(resolve, Math.min(seconds, this.longestRequestSeconds) * 1000);
    });
    if (signal?.aborted || seconds > this.longestRequestSeconds) throw new HttpFailure("no-answer");
    return this.#overHttp(command);
  };

  #overHttp(command: string): Reply {
    if (this.isDown) throw new HttpFailure("no-answer");
    if (this.isCaptive) throw new HttpFailure("foreign-answer");
    const { delivery, ...reply } = this.execute(command);
    if (!delivery) return reply;
    const { thread, ...headers } = delivery;
    return { ...reply, delivery: headers };
  }

  execute(command: string): Reply {
    const [name, ...words] = command.split(" ");
    const options = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
    const [address = "", ...text] = words.filter((word) => !word.includes("="));
    if (name === "inbox") return this.#history(this.mailbox, options);
    if (name === "inboxgroup") return this.#history(this.conversations.get(address) ?? [], options);
    if (name === "groups") return this.#joinedGroups();
    if (name === "sendgroup") return this.#post(address, text.join(" "), options.key ?? "");
    if (name === "thread") return this.#history(this.conversations.get(address) ?? [], options);
    if (name === "threads") return this.#summaries();
    if (name === "status") return this.#status(Number(address));
    if (name === "sendprivate") return this.#store(address, text.join(" "), options.key ?? "");
    return { status: "OK", data: [] };
  }

  /** Another account sends a message. @param hasEvent whether the client receives the event */
  deliver(from: string, text: string, hasEvent = true): ThreadMessage {
    const messages = this.conversations.get(from) ?? [];
    const message = { id: messages.length + 1, from, text, time: new Date(0).toISOString() };
    this.conversations.set(from, [...messages, message]);
    const received = { ...message, id: this.mailbox.length + 1 };
    this.mailbox.push(received);
    if (hasEvent) this.socket.receive({ event: "message", data: { ...received, thread: message.id } });
    this.#endWaits();
    return message;
  }

  /** A member sends a message to a group. */
  deliverToGroup(group: string, from: string, text: string, hasEvent = true): void {
    const messages = this.conversations.get(group) ?? [];
    const message = { id: messages.length + 1, from, text: this.storedText(text), time: new Date(0).toISOString() };
    this.conversations.set(group, [...messages, message]);
    if (hasEvent) this.socket.receive({ event: "group-message", data: { ...message, group } });
    this.#endWaits();
  }

  #endWaits(): void {
    for (const resolve of this.#waits) resolve();
    this.#waits.clear();
  }

  /** A queued message gets its final state. @param hasEvent whether the client receives the event */
  finish(to: string, sentId: number, state: DeliveryState, hasEvent = true): void {
    const messages = this.conversations.get(to) ?? [];
    this.conversations.set(
      to,
      messages.map((message) => (message.sent === sentId ? { ...message, state } : message)),
    );
    if (hasEvent) this.socket.receive({ event: "delivery", data: { id: sentId, to, state } });
  }

  /** Executes commands at once and keeps their replies. @returns a function that sends the kept replies */
  holdReplies(): () => void {
    const { socket } = this;
    const { onCommand } = socket;
    const held: Reply[] = [];
    socket.onCommand = (command) => void held.push(this.execute(command));
    return () => {
      socket.onCommand = onCommand;
      for (const reply of held.splice(0)) socket.receive(reply);
    };
  }

  #store(to: string, text: string, key: string): Reply {
    const messages = this.conversations.get(to) ?? [];
    let message = messages.find((each) => each.key === key);
    if (!message) {
      message = {
        id: messages.length + 1,
        from: this.ownAddress,
        text,
        time: new Date(0).toISOString(),
        key,
        sent: ++this.#lastSentId,
        state: this.initialState,
      };
      this.conversations.set(to, [...messages, message]);
    }
    const { id, sent = 0, state = "delivered" } = message;
    return { status: "OK", data: "", delivery: { id: sent, state, thread: id } };
  }

  readonly #sentToGroups = new Map<string, number>();
  /** A group stores no keys. */
  #post(group: string, text: string, key: string): Reply {
    const known = this.#sentToGroups.get(key);
    const id = known ?? ++this.#lastSentId;
    this.#sentToGroups.set(key, id);
    if (known === undefined) this.deliverToGroup(group, this.ownAddress, text, this.sockets.at(-1)?.isClosed === false);
    return { status: "OK", data: "", delivery: { id, state: "delivered" } };
  }

  #joinedGroups(): Reply {
    const data = [...this.groups].map((group) => ({
      group,
      role: "member",
      newest: this.conversations.get(group)?.length ?? 0,
      read: 0,
      unread: 0,
    }));
    return { status: "OK", data };
  }

  #status(sentId: number): Reply {
    for (const [to, messages] of this.conversations) {
      const message = messages.find(({ sent }) => sent === sentId);
      if (message) return { status: "OK", data: { id: sentId, to, state: message.state, text: message.text } };
    }
    return { status: "ERROR", data: "", error: "no-such-message" };
  }

  #summaries(): Reply {
    const data = [...this.conversations]
      .filter(([address, messages]) => messages.length > 0 && !this.groups.has(address))
      .map(([address, messages]) => ({
        with: address,
        position: 1,
        newest: messages.length,
        read: 0,
        unread: messages.filter(({ from }) => from !== this.ownAddress).length,
        last: messages.at(-1),
      }));
    return { status: "OK", data };
  }

  #history(messages: readonly Message[], { after, before, last, limit }: Record<string, string>): Reply {
    const inRange = messages.filter(({ id }) => id > Number(after ?? 0) && id < Number(before ?? Infinity));
    const data = last === undefined ? inRange.slice(0, Number(limit ?? Infinity)) : inRange.slice(-Number(last));
    return { status: "OK", data };
  }
}
