/**
 * The floor on Node: `node:http` and `node:sqlite`, one durable row for each send, and all sends of one turn of the event loop in
 * one transaction. No protocol, no sent log, no deduplication, no limits.
 */
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

const [file, port] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(`pragma journal_mode = wal; pragma synchronous = full;
  create table if not exists tokens (token text primary key, owner integer);
  create table if not exists messages (owner integer, id integer, sender integer, text text, time integer,
    primary key (owner, id)) without rowid`);
const owners = new Map(
  database
    .prepare("select token, owner from tokens")
    .all()
    .map((row) => [row.token, row.owner]),
);
const maxima = database.prepare("select owner, max(id) id from messages group by owner").all();
const newest = new Map(maxima.map((row) => [row.owner, row.id]));
const insert = database.prepare("insert into messages values (?, ?, ?, ?, ?)");
const read = database.prepare(
  "select id, sender, text, time from messages where owner = ? and id > ? order by id limit ?",
);
const [begin, commit] = ["begin", "commit"].map((text) => database.prepare(text));
let waiting = [];

function send(from, to, text, done) {
  waiting.push({ from, to, text, done });
  if (waiting.length === 1) setImmediate(store);
}

function store() {
  const batch = waiting;
  waiting = [];
  begin.run();
  for (const message of batch) {
    message.id = (newest.get(message.to) ?? 0) + 1;
    newest.set(message.to, message.id);
    insert.run(message.to, message.id, message.from, message.text, Date.now());
  }
  commit.run();
  for (const { done, id } of batch) done(String(id));
}

/** A whole mailbox, chunk by chunk. Other requests run in between. */
function stream(owner, response) {
  let after = 0;
  const next = () => {
    const rows = read.all(owner, after, 256);
    if (rows.length === 0) return response.end();
    after = rows.at(-1).id;
    if (response.write(JSON.stringify(rows))) setImmediate(next);
    else response.once("drain", next);
  };
  next();
}

createServer((request, response) => {
  let line = "";
  request.setEncoding("utf8");
  request.on("data", (text) => (line += text));
  request.on("end", () => {
    const owner = owners.get(request.headers.authorization?.slice("Bearer ".length));
    const end = (text) => response.end(text);
    if (request.method === "GET" || line === "whoami") return end(String(owner));
    if (line === "inbox last=50") return end(JSON.stringify(read.all(owner, newest.get(owner) - 50, 50)));
    if (line === "inbox") return stream(owner, response);
    const [, to, text] = /^send\S+ (\d+) (.*)$/s.exec(line);
    send(owner, Number(to), text, end);
  });
}).listen(Number(port), "127.0.0.1");
