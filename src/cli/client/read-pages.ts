import { limits } from "../../limits.ts";
import { isMessageRow, type MessageRow } from "../output/message-row.ts";
import { UnreadableReply } from "./command-reply.ts";
import type { RealmClient } from "./realm-client.ts";

export interface PageQuery {
  /** `inbox`, `inboxgroup`, `sent` or `thread`. */
  command: string;
  /** The parameter behind the options. */
  parameter?: string | undefined;
  after?: number | undefined;
  before?: number | undefined;
  limit?: number | undefined;
  last?: number | undefined;
  /** Seconds to wait for the first message. */
  wait?: number | undefined;
}

/** The rows of a log. Without `limit` and `last` the whole log is read, in pages, so that no reply is long. */
export async function* readPages(client: RealmClient, query: PageQuery): AsyncGenerator<unknown[]> {
  const { limit, last, wait } = query;
  if (limit !== undefined || last !== undefined) {
    yield await readPage(client, query);
    return;
  }
  let after = query.after;
  for (;;) {
    const page = await readPage(client, {
      ...query,
      after,
      limit: limits.cliPageRows,
      wait: after === query.after ? wait : 0,
    });
    yield page;
    const lastId = idOf(page.at(-1));
    if (page.length < limits.cliPageRows || lastId === null) return;
    after = lastId;
  }
}

async function readPage(client: RealmClient, query: PageQuery): Promise<unknown[]> {
  const { command, parameter, wait = 0, ...range } = query;
  const options = Object.entries({ ...range, ...(wait > 0 && { wait }) }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const line = [command, ...options, ...(parameter === undefined ? [] : [parameter])].join(" ");
  const data = await client.data(line, { waitMs: wait * 1000 });
  if (!Array.isArray(data)) throw new UnreadableReply("the page is not an array");
  return data;
}

/** A page of messages. @throws {UnreadableReply} if a row is none */
export async function readMessages(client: RealmClient, query: PageQuery): Promise<MessageRow[]> {
  const page = await readPage(client, query);
  return page.map((row) => {
    if (!isMessageRow(row)) throw new UnreadableReply("a row of the page is not a message");
    return row;
  });
}

function idOf(row: unknown): number | null {
  return typeof row === "object" && row !== null && "id" in row && typeof row.id === "number" ? row.id : null;
}
