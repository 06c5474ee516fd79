import { parseCommand } from "../../protocol/grammar.ts";
import { type CommandReply, isObject } from "../client/command-reply.ts";
import { type TcpReply, tcpReply } from "./tcp-reply.ts";

/** A session of a connection. */
export interface TcpSession {
  token: string;
  /** The full address of the account; null if the token came in a line. */
  user: string | null;
}

/** A request for the realm. */
export interface UpstreamRequest {
  line: string | Uint8Array;
  token: string | null;
}

/** How the programs behind a connection write requests and read replies. */
export interface Dialect {
  request(line: Buffer, session: TcpSession | null): UpstreamRequest;
  /** @param ownAddress the account of the request, asked for only if the reply needs it */
  reply(request: UpstreamRequest, reply: CommandReply, ownAddress: () => Promise<string | null>): Promise<TcpReply>;
}

/** The protocol as it is. */
export const plainDialect: Dialect = {
  request: (line, session) => ({ line, token: session?.token ?? null }),
  reply: async (_request, reply) => tcpReply(reply),
};

/** The session of a connection after a request: `auth` opens one, `logout` ends it. */
export function sessionAfter(
  { line, token }: UpstreamRequest,
  reply: CommandReply,
  session: TcpSession | null,
): TcpSession | null {
  if (!reply.ok) return session;
  const parsed = parseCommand(typeof line === "string" ? line : Buffer.from(line).toString());
  if (!parsed.ok) return session;
  if (parsed.command.name === "logout") return token === session?.token ? null : session;
  if (parsed.command.name !== "auth" || !isObject(reply.data)) return session;
  const { token: opened, user } = reply.data;
  return typeof opened === "string" ? { token: opened, user: typeof user === "string" ? user : null } : session;
}
