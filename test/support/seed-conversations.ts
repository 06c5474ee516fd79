import type { TestServer } from "./test-server.ts";

/** Gives an account conversations with accounts of another realm, with one received message each, directly in storage. */
export async function seedConversations(server: TestServer, name: string, count: number): Promise<void> {
  const account = `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;
  const own = `'${name}@surabaya'`;
  const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})`;
  const other = `'warga-' || n.i || '@malang'`;
  const pair = `first_address = min(${own}, ${other}) and second_address = max(${own}, ${other})`;
  const steps = [
    `${numbers} insert into conversations (first_address, second_address)
      select min(${own}, ${other}), max(${own}, ${other}) from n`,
    `${numbers} insert into messages (log_id, id, sender, text, sent_at, received_at, conversation_seq)
      select ${account}, n.i, ${other}, 'halo', n.i, n.i, 1 from n`,
    // The numbers lead: without an index on them, SQLite must not search among them.
    `${numbers} insert into conversation_messages (conversation_id, seq, by_first, mailbox_message_id)
      select conversations.id, 1, first_address <> ${own}, n.i from n cross join conversations on ${pair}`,
    `${numbers} insert into conversation_list select ${account}, conversations.id, n.i, 1, 1
      from n cross join conversations on ${pair}`,
    `insert into account_checkpoints values (${account}, ${count}, 0, ${count}, 0)`,
  ];
  for (const step of steps) await server.sql(name, step);
  // The shard caches the newest ids of its logs.
  await server.evict(name);
}
