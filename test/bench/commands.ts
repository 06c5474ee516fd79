import { bearerHeader, tokenOf } from "./bench-accounts.ts";
import type { BenchServer } from "./bench-server.ts";

export interface CommandReply {
  status: number;
  /** The error code, or null for a successful command. */
  error: string | null;
  text: string;
}

/** Sends one command of an account over HTTP. */
export async function sendCommand(server: BenchServer, account: number, line: string): Promise<CommandReply> {
  const reply = await fetch(`${server.url}/command`, { method: "POST", headers: bearerHeader(account), body: line });
  return { status: reply.status, error: reply.headers.get("error-code"), text: await reply.text() };
}

/** Sends a command that must succeed. @returns the reply's body */
export async function sendOk(server: BenchServer, account: number, line: string): Promise<string> {
  const { status, text } = await sendCommand(server, account, line);
  if (status !== 200) throw new Error(`${line} was answered ${text}`);
  return text;
}

/** Opens one live socket for each account. */
export function openSockets(server: BenchServer, accounts: readonly number[]): Promise<WebSocket[]> {
  return Promise.all(
    accounts.map((account) => openSocket(`${server.url.replace("http", "ws")}/live`, tokenOf(account))),
  );
}

export function openSocket(url: string, token: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ["ranah", token]);
    // Without an answer the server would hold back its replies after 1 MiB.
    socket.addEventListener("message", ({ data }) => {
      if (data.startsWith('{"event":"ping"')) socket.send(`pong ${JSON.parse(data).data.word}`);
    });
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", () => reject(new Error("the server rejected the socket")));
  });
}

/** Creates a group of account 1 and joins the other accounts, 32 at a time. */
export async function createGroup(server: BenchServer, group: string, members: readonly number[]): Promise<void> {
  await sendOk(server, 1, `creategroup ${group}`);
  const others = members.filter((account) => account !== 1);
  for (let from = 0; from < others.length; from += 32) {
    const some = others.slice(from, from + 32);
    await Promise.all(some.map((account) => sendOk(server, account, `joingroup ${group}`)));
  }
}
