import { DurableObject } from "cloudflare:workers";

/**
 * The floor on workerd: the cost of the runtime itself. One object holds its tokens in memory and stores a message with one INSERT.
 * It has no protocol, no sent log and no deduplication. The two Workers beside this file differ in when they commit.
 */
export class Floor extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec("create table if not exists tokens (token text primary key, owner integer)");
    this.sql.exec(`create table if not exists messages (owner integer, id integer, sender integer, text text,
      time integer, primary key (owner, id)) without rowid`);
    this.owners = new Map(this.sql.exec("select token, owner from tokens").raw());
    this.newest = new Map(this.sql.exec("select owner, max(id) from messages group by owner").raw());
  }

  insert(from, to, text) {
    const id = (this.newest.get(to) ?? 0) + 1;
    this.newest.set(to, id);
    this.sql.exec("insert into messages values (?, ?, ?, ?, ?)", to, id, from, text, Date.now());
    return id;
  }

  ping(token) {
    return this.owners.get(token);
  }

  /** The last rows of a mailbox, as JSON. */
  read(token, rows) {
    const owner = this.owners.get(token);
    return JSON.stringify(this.#after(owner, this.newest.get(owner) - rows, rows));
  }

  /** A whole mailbox as a stream. Other requests run between its chunks. */
  stream(token) {
    const owner = this.owners.get(token);
    const encoder = new TextEncoder();
    let after = 0;
    return new ReadableStream({
      type: "bytes",
      pull: (controller) => {
        const rows = this.#after(owner, after, 256);
        if (rows.length === 0) return controller.close();
        after = rows.at(-1).id;
        controller.enqueue(encoder.encode(JSON.stringify(rows)));
      },
    });
  }

  #after(owner, id, rows) {
    const query = "select id, sender, text, time from messages where owner = ? and id > ? order by id limit ?";
    return this.sql.exec(query, owner, id, rows).toArray();
  }
}

/** Answers the same command lines that the benchmark sends to the realm. */
export const worker = {
  async fetch(request, { FLOOR }) {
    const floor = FLOOR.getByName("floor");
    if (request.method === "GET") return new Response(String(await floor.ping("")));
    const token = request.headers.get("authorization").slice("Bearer ".length);
    const line = await request.text();
    if (line === "whoami") return new Response(String(await floor.ping(token)));
    if (line === "inbox last=50") return new Response(await floor.read(token, 50));
    if (line === "inbox") return new Response(await floor.stream(token));
    const [, to, text] = /^send\S+ (\d+) (.*)$/s.exec(line);
    return new Response(String(await floor.send(token, Number(to), text)));
  },
};
