import type { DeliveryState } from "../../src/protocol/replies.ts";
import { Chat } from "../../src/web/chat/chat.ts";
import type { Reply, Row } from "../../src/web/chat/reply-parser.ts";

/** The browser's end of a socket that leads nowhere but here. */
export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly heard: string[] = [];
  isClosed = false;
  answer: (command: string) => void = () => {};

  send(command: string): void {
    this.heard.push(command);
    this.answer(command);
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(): void {
    this.end(1005);
  }
  end(code: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.({ code });
  }
}

/** As much of a server as a page needs: one thread with each address, and messages that are taken once for each key. */
export class FakeServer {
  readonly me = "budi@surabaya";
  readonly threads = new Map<string, Row[]>();
  readonly sockets: FakeSocket[] = [];
  /** Answers are lost: commands are carried out, and nobody hears of it. */
  isMute = false;
  isDown = false;
  /** The network swallows what is opened: nothing comes of it, and nobody says so. */
  isSilent = false;
  /** What becomes of a message at first. */
  state: DeliveryState = "delivered";
  #sent = 0;

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket");
    return socket;
  }

  get commands(): string[] {
    return this.sockets.flatMap(({ heard }) => heard);
  }

  connect(): FakeSocket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    socket.answer = (command) => {
      const reply = this.carryOut(command);
      if (!this.isMute) queueMicrotask(() => !socket.isClosed && socket.say(reply));
    };
    if (!this.isSilent) queueMicrotask(() => (this.isDown ? socket.end(1006) : socket.onopen?.()));
    return socket;
  }

  /** The way over HTTP. */
  post = async (command: string): Promise<Reply> => this.carryOut(command);

  carryOut(command: string): Reply {
    const [name, ...words] = command.split(" ");
    const options = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
    const [address = "", ...text] = words.filter((word) => !word.includes("="));
    if (name === "thread") return this.#page(this.threads.get(address) ?? [], options);
    if (name === "threads") {
      const spoken = [...this.threads].filter(([, log]) => log.length > 0);
      const rows = spoken.map(([other, log]) => ({
        with: other,
        newest: log.length,
        read: 0,
        unread: log.filter(({ from }) => from !== this.me).length,
        last: log.at(-1),
      }));
      return { status: "OK", data: rows };
    }
    if (name === "status") return this.#status(Number(address));
    if (name === "sendprivate") return this.#take(address, text.join(" "), options.key ?? "");
    return { status: "OK", data: [] };
  }

  /** Somebody writes, and the page is told. */
  write(from: string, text: string, isTold = true): Row {
    const log = this.threads.get(from) ?? [];
    const row = { id: log.length + 1, from, text, time: new Date(0).toISOString() };
    this.threads.set(from, [...log, row]);
    if (isTold) this.socket.say({ event: "message", data: { ...row, id: 1000 + row.id, thread: row.id } });
    return row;
  }

  /** A queued message comes to its end. */
  end(to: string, sent: number, state: DeliveryState, isTold = true): void {
    const rows = this.threads.get(to) ?? [];
    this.threads.set(
      to,
      rows.map((row) => (row.sent === sent ? { ...row, state } : row)),
    );
    if (isTold) this.socket.say({ event: "delivery", data: { id: sent, to, state } });
  }

  #take(to: string, text: string, key: string): Reply {
    const log = this.threads.get(to) ?? [];
    let row = log.find((each) => each.key === key);
    if (!row) {
      const time = new Date(0).toISOString();
      row = { id: log.length + 1, from: this.me, text, time, key, sent: ++this.#sent, state: this.state };
      this.threads.set(to, [...log, row]);
    }
    return { status: "OK", data: "", delivery: { id: row.sent ?? 0, state: row.state ?? "delivered", thread: row.id } };
  }

  #status(sent: number): Reply {
    for (const [to, log] of this.threads) {
      const row = log.find((each) => each.sent === sent);
      if (row) return { status: "OK", data: { id: sent, to, state: row.state, text: row.text } };
    }
    return { status: "ERROR", data: "", error: "no-such-message" };
  }

  #page(log: Row[], { after, before, last, limit }: Record<string, string>): Reply {
    const inRange = log.filter(({ id }) => id > Number(after ?? 0) && id < Number(before ?? Infinity));
    const rows = last === undefined ? inRange.slice(0, Number(limit ?? Infinity)) : inRange.slice(-Number(last));
    return { status: "OK", data: rows };
  }
}

export function chatWith(server: FakeServer, kept = new Map<string, string>()): Chat {
  let keys = 0;
  return new Chat(
    { token: "rnh_budi_x", user: server.me },
    {
      connect: () => server.connect() as unknown as WebSocket,
      isOver: async () => false,
      post: (command) => server.post(command),
      now: () => Date.now(),
      random: () => 0,
      newKey: () => `key-${++keys}`,
      keeper: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, text) => void kept.set(name, text),
        removeItem: (name) => void kept.delete(name),
      },
    },
  );
}
