import { randomUUID } from "node:crypto";
import { createInterface, type Interface } from "node:readline";
import { limits } from "../../limits.ts";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { type Frame, LiveSocket } from "../client/live-socket.ts";
import { Pauses, pause } from "../client/pauses.ts";
import { readPages } from "../client/read-pages.ts";
import type { RealmClient } from "../client/realm-client.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation, SessionAccess } from "../invocation.ts";
import { type Text, textIn } from "../language.ts";
import { isMessageRow } from "../output/message-row.ts";
import { visibleLine } from "../output/visible-text.ts";
import { requireOneWord } from "./protocol-commands.ts";
import { sendMessage } from "./send.ts";

export const chatCommand: CommandSpec = {
  name: "chat",
  section: "messages",
  purpose: ["percakapan baris demi baris di terminal", "a line-by-line conversation on the terminal"],
  arguments: [{ name: ["tujuan", "recipient"], required: false }],
  options: [
    { name: "group", short: "g", kind: "text", value: ["GROUP", "GROUP"], purpose: ["di group ini", "in this group"] },
  ],
  remarks: [
    "Baris menjadi pesan. /to ALAMAT dan /group GROUP berpindah percakapan, /quit berhenti; Tab melengkapi alamat.",
    "A line becomes a message. /to ADDRESS and /group GROUP change the conversation, /quit ends; Tab completes addresses.",
  ],
  examples: [
    { line: "ranah chat ani@jakarta", purpose: ["dengan satu orang", "with one person"] },
    { line: "ranah chat --group tim", purpose: ["di sebuah group", "in a group"] },
  ],
  finishesOnSignal: true,
  async run(invocation) {
    const group = invocation.text("group");
    const [to = null] = group === undefined ? invocation.args : [group];
    if (to !== null) requireOneWord(to);
    const chat = new Chat(invocation);
    await chat.run(to === null ? null : { isGroup: group !== undefined, to });
    return exitCodes.done;
  },
};

interface Destination {
  isGroup: boolean;
  to: string;
}

/** Reads lines and sends them; prints the messages that arrive meanwhile above the line that is being typed. */
class Chat {
  readonly #invocation: Invocation;
  readonly #client: RealmClient;
  readonly #access: SessionAccess;
  readonly #lines: Interface;
  readonly #known = new Set<string>();
  #destination: Destination | null = null;
  #socket: LiveSocket | null = null;
  #hasEnded = false;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    const { access, client } = invocation.session();
    this.#access = access;
    this.#client = client;
    const { stdin, stdout } = invocation.io;
    this.#lines = createInterface({
      input: stdin,
      output: stdout,
      terminal: stdin.isTTY === true && stdout.isTTY === true,
      completer: (line: string) => this.#complete(line),
    });
  }

  async run(destination: Destination | null): Promise<void> {
    // Lines that are typed before the first is read must not be lost, so the reader starts now.
    const lines = this.#lines[Symbol.asyncIterator]();
    const end = () => this.#lines.close();
    this.#invocation.stop.addEventListener("abort", end);
    this.#lines.on("SIGINT", end);
    // The account is asked first, so that a session that has ended says so.
    for (const row of [await this.#client.data("threads"), await this.#client.data("groups")].flat()) {
      if (isObject(row)) this.#remember(row.with ?? row.group);
    }
    if (destination) await this.#open(destination);
    const listening = this.#listen();
    this.#prompt();
    for await (const line of lines) {
      if (!(await this.#handle(line))) break;
      this.#prompt();
    }
    this.#hasEnded = true;
    this.#lines.close();
    this.#socket?.close();
    await listening;
  }

  /** @returns false at the end of the conversation */
  async #handle(line: string): Promise<boolean> {
    const [word = "", argument = ""] = line.trim().split(" ");
    if (word === "/quit") return false;
    try {
      if (word === "/to" || word === "/group") {
        requireOneWord(argument);
        await this.#open({ isGroup: word === "/group", to: argument });
      } else if (word.startsWith("/")) {
        this.#say(chatCommand.remarks ?? ["", ""]);
      } else if (line !== "") {
        await this.#send(line);
      }
    } catch (error) {
      // A failed line must not end the conversation, but a session that has ended does.
      if (!(error instanceof CliError) || error.code === "session-ended") throw error;
      this.#say(error.text, error.values);
    }
    return true;
  }

  async #send(text: string): Promise<void> {
    if (!this.#destination) {
      return this.#say(["Pilih dulu: /to ALAMAT atau /group GROUP", "Choose first: /to ADDRESS or /group GROUP"]);
    }
    const reply = await sendMessage(this.#client, { ...this.#destination, text, key: randomUUID() });
    if (reply.delivery?.state === "queued") this.#say(String(reply.data));
  }

  async #open(destination: Destination): Promise<void> {
    const command = destination.isGroup ? "inboxgroup" : "thread";
    for await (const page of readPages(this.#client, {
      command,
      parameter: destination.to,
      last: limits.cliChatRows,
    })) {
      for (const row of page.filter(isMessageRow)) this.#print(this.#invocation.printer.messageLine(row));
    }
    this.#destination = destination;
    this.#remember(destination.to);
  }

  /** Keeps a live socket open. Messages that a broken one has missed are in the log, and the next opening shows them. */
  async #listen(): Promise<void> {
    const { origin, token } = this.#access;
    const { language, stop } = this.#invocation;
    const pauses = new Pauses();
    while (!this.#hasEnded && !stop.aborted) {
      await new Promise<void>((resolve) => {
        const handlers = { frame: (frame: Frame) => this.#receive(frame), closed: () => resolve() };
        LiveSocket.open({ origin, token, language, timeoutMs: this.#client.deps.timeoutMs }, handlers).then(
          (socket) => {
            this.#socket = socket;
            if (socket === null) resolve();
            else if (this.#hasEnded) socket.close();
            else pauses.reset();
          },
        );
      });
      if (!this.#hasEnded) await pause(pauses.next(), stop);
    }
  }

  #receive({ event, data }: Frame): void {
    if (!isObject(data) || !isMessageRow(data)) return;
    if (event !== "message" && event !== "group-message") return;
    const group = event === "group-message" ? String(data.group) : undefined;
    this.#remember(group ?? data.from);
    this.#print(this.#invocation.printer.messageLine(data, group));
  }

  /** Above the line that is being typed, which is drawn again. */
  #print(text: string): void {
    const { stdout } = this.#invocation.io;
    if (!this.#lines.terminal) return void stdout.write(text);
    stdout.write(`\r\u001b[J${text}`);
    if (!this.#hasEnded) this.#lines.prompt(true);
  }

  #say(text: Text | string, values: Record<string, string | number> = {}): void {
    const sentence = typeof text === "string" ? text : textIn(this.#invocation.language, text, values);
    this.#print(`* ${visibleLine(sentence)}\n`);
  }

  #prompt(): void {
    if (!this.#lines.terminal || this.#hasEnded) return;
    this.#lines.setPrompt(`${this.#destination?.to ?? ""}> `);
    this.#lines.prompt();
  }

  #remember(address: unknown): void {
    if (typeof address === "string" && /^[!-~]+$/.test(address)) this.#known.add(address);
  }

  #complete(line: string): [string[], string] {
    const [command = "", argument] = line.split(" ");
    if (argument === undefined)
      return [["/to ", "/group ", "/quit"].filter((word) => word.startsWith(command)), command];
    return [[...this.#known].filter((address) => address.startsWith(argument)), argument];
  }
}
