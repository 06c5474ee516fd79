import type { DeliveryState, ThreadMessage } from "../../src/protocol/replies.ts";
import type { BrowserSocket, BrowserSocketHandlers } from "../../src/web/chat/live-connection.ts";
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

/** The part of a server that the client needs: one conversation with each address, and one message for each key. */
export class FakeServer {
  readonly ownAddress = "budi@surabaya";
  readonly conversations = new Map<string, ThreadMessage[]>();
  readonly sockets: FakeSocket[] = [];
  /** Commands are executed, and their replies are lost. */
  losesReplies = false;
  /** Sockets are refused. */
  isDown = false;
  /** Sockets are neither opened nor refused. */
  dropsConnections = false;
  /** The state of a sent message at first. */
  initialState: DeliveryState = "delivered";
  #lastSentId = 0;

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("The client has opened no socket.");
    return socket;
  }

  /** Every command over sockets, in order. */
  get commands(): string[] {
    return this.sockets.flatMap(({ sent }) => sent);
  }

  openSocket(handlers: BrowserSocketHandlers): FakeSocket {
    const socket = new FakeSocket(handlers);
    this.sockets.push(socket);
    socket.onCommand = (command) => {
      const reply = this.execute(command);
      if (!this.losesReplies) queueMicrotask(() => !socket.isClosed && socket.receive(reply));
    };
    if (!this.dropsConnections) queueMicrotask(() => (this.isDown ? socket.closeWith(1006) : socket.open()));
    return socket;
  }

  /** A command over HTTP. */
  post = async (command: string): Promise<Reply> => this.execute(command);

  execute(command: string): Reply {
    const [name, ...words] = command.split(" ");
    const options = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
    const [address = "", ...text] = words.filter((word) => !word.includes("="));
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
    if (hasEvent) {
      this.socket.receive({ event: "message", data: { ...message, id: 1000 + message.id, thread: message.id } });
    }
    return message;
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

  #status(sentId: number): Reply {
    for (const [to, messages] of this.conversations) {
      const message = messages.find(({ sent }) => sent === sentId);
      if (message) return { status: "OK", data: { id: sentId, to, state: message.state, text: message.text } };
    }
    return { status: "ERROR", data: "", error: "no-such-message" };
  }

  #summaries(): Reply {
    const data = [...this.conversations]
      .filter(([, messages]) => messages.length > 0)
      .map(([address, messages]) => ({
        with: address,
        newest: messages.length,
        read: 0,
        unread: messages.filter(({ from }) => from !== this.ownAddress).length,
        last: messages.at(-1),
      }));
    return { status: "OK", data };
  }

  #history(messages: ThreadMessage[], { after, before, last, limit }: Record<string, string>): Reply {
    const inRange = messages.filter(({ id }) => id > Number(after ?? 0) && id < Number(before ?? Infinity));
    const data = last === undefined ? inRange.slice(0, Number(limit ?? Infinity)) : inRange.slice(-Number(last));
    return { status: "OK", data };
  }
}
