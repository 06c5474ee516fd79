import { randomBytes } from "node:crypto";
import { limits } from "../../limits.ts";
import { type CommandReply, isObject } from "../client/command-reply.ts";
import type { Connection } from "../client/connection.ts";
import { HttpConnection, type HttpRequest, type HttpResponse } from "../client/http-connection.ts";
import { type Frame, LiveSocket } from "../client/live-socket.ts";
import { pause } from "../client/pauses.ts";
import { TcpConnection } from "../client/tcp-connection.ts";
import { CheckFailure, expectThat } from "./expectations.ts";

/** A logged-in account of a throw-away name. */
export interface Member {
  name: string;
  password: string;
  /** The full address, as the server says it; over TCP of another implementation it may be the name alone. */
  address: string;
  token: string;
  command(line: string | Uint8Array, language?: "id" | "en"): Promise<CommandReply>;
}

/** The realms under test, and throw-away accounts in them that the cases share. */
export class CheckRun {
  readonly url: URL;
  readonly second: URL | null;
  readonly #connections: Connection[] = [];
  readonly #members = new Map<string, Promise<Member>>();
  readonly #sockets: LiveSocket[] = [];
  readonly #prefix = `cek-${randomBytes(5).toString("hex")}`;
  #names = 0;

  constructor(url: URL, second: URL | null) {
    this.url = url;
    this.second = second;
  }

  get isTcp(): boolean {
    return this.url.protocol === "tcp:";
  }

  /** A name that nobody has. */
  newName(): string {
    this.#names += 1;
    return `${this.#prefix}-${this.#names}`;
  }

  /** The three accounts of the first realm, and one of the second. */
  get budi(): Promise<Member> {
    return this.member("budi");
  }
  get ani(): Promise<Member> {
    return this.member("ani");
  }
  get citra(): Promise<Member> {
    return this.member("citra");
  }
  get dewi(): Promise<Member> {
    expectThat(this.second !== null, "a second realm");
    return this.member("dewi", this.second);
  }

  /** An account for a role. The first case that asks for it registers it. */
  member(role: string, url: URL = this.url): Promise<Member> {
    const known = this.#members.get(role);
    if (known) return known;
    const opened = this.#signUp(url);
    this.#members.set(role, opened);
    return opened;
  }

  /** A connection without a session. */
  connect(url: URL = this.url): Connection {
    const connection = url.protocol === "tcp:" ? new TcpConnection(url) : new HttpConnection(url);
    this.#connections.push(connection);
    return connection;
  }

  /** One command without a session. */
  async command(line: string | Uint8Array, language: "id" | "en" = "id"): Promise<CommandReply> {
    return this.connect().command(line, { language, timeoutMs: limits.checkRequestMs });
  }

  /** One more session of an account. */
  async logIn(name: string, password: string, url: URL = this.url): Promise<Member> {
    const connection = this.connect(url);
    const send = async (line: string | Uint8Array, token: string | null, language: "id" | "en" = "id") =>
      connection.command(line, { token, language, timeoutMs: limits.checkRequestMs });
    const reply = await untilNotBusy(() => send(`auth ${name} ${password}`, null));
    expectThat(reply.ok, `auth of a registered account: ${String(reply.data)}`);
    const { token = "", user = name } = isObject(reply.data) ? reply.data : {};
    const session = String(token);
    return {
      name,
      password,
      address: String(user),
      token: session,
      command: (line, language) => send(line, session, language),
    };
  }

  /** Commands with a token of `token new`. */
  withToken(token: string): Pick<Member, "command"> {
    const connection = this.connect();
    return {
      command: (line, language = "id") =>
        connection.command(line, { token, language, timeoutMs: limits.checkRequestMs }),
    };
  }

  http(request: Partial<HttpRequest> & { path: string }, url: URL = this.url): Promise<HttpResponse> {
    const connection = new HttpConnection(url);
    this.#connections.push(connection);
    return connection.request({ method: "GET", timeoutMs: limits.checkRequestMs, ...request });
  }

  async live(member: Member, after?: number): Promise<Live> {
    const frames: Frame[] = [];
    let closeCode: number | null = null;
    const socket = await LiveSocket.open(
      { origin: this.url, token: member.token, language: "id", after, timeoutMs: limits.checkRequestMs },
      { frame: (frame) => frames.push(frame), closed: (code) => (closeCode = code) },
    );
    expectThat(socket !== null, "the server accepts a live socket");
    this.#sockets.push(socket);
    return new Live(socket, frames, () => closeCode);
  }

  /** Leaves no open session behind. The accounts stay: to remove one costs a hash. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const opened of this.#members.values()) {
      await opened.then((member) => member.command("logout all=yes")).catch(() => {});
    }
    for (const connection of this.#connections) connection.close();
  }

  async #signUp(url: URL): Promise<Member> {
    const name = this.newName();
    const password = randomBytes(12).toString("hex");
    const reply = await untilNotBusy(() =>
      this.connect(url).command(`register ${name} ${password}`, { timeoutMs: limits.checkRequestMs }),
    );
    expectThat(reply.ok, `register of a new name: ${String(reply.data)}`);
    return this.logIn(name, password, url);
  }
}

/** A live socket and the frames that it has received. */
export class Live {
  readonly frames: Frame[];
  readonly closeCode: () => number | null;
  readonly #socket: LiveSocket;

  constructor(socket: LiveSocket, frames: Frame[], closeCode: () => number | null) {
    this.#socket = socket;
    this.frames = frames;
    this.closeCode = closeCode;
  }

  send(line: string | Uint8Array): void {
    this.#socket.send(line);
  }

  /** Waits for a frame. @throws {CheckFailure} if it does not come in time */
  async frame(matches: (frame: Frame) => boolean, what: string): Promise<Frame> {
    return until(() => this.frames.find(matches), what);
  }

  event(name: string): Promise<Frame> {
    return this.frame((frame) => frame.event === name, `the event ${name}`);
  }

  /** Sends a command and waits for its reply. No other reply may be pending. */
  async reply(line: string): Promise<Frame> {
    const replies = () => this.frames.filter((frame) => frame.status !== undefined);
    const before = replies().length;
    this.send(line);
    return until(() => replies()[before], "a reply");
  }
}

/** Asks again and again until there is something. */
export async function until<T>(
  get: () => T | undefined | null | Promise<T | undefined | null>,
  what: string,
): Promise<T> {
  for (
    const since = performance.now();
    performance.now() - since < limits.checkRequestMs;
    await pause(limits.checkPollMs)
  ) {
    const value = await get();
    if (value !== undefined && value !== null) return value;
  }
  throw new CheckFailure(`${what} does not come`);
}

/** Logins are rated by address, and the cases make several. */
async function untilNotBusy(send: () => Promise<CommandReply>): Promise<CommandReply> {
  for (const since = performance.now(); ; ) {
    const reply = await send();
    const mayWait = reply.error === "busy" && performance.now() - since < limits.checkLoginMs;
    if (!mayWait) return reply;
    await pause((reply.retryAfterSeconds ?? 1) * 1000);
  }
}
