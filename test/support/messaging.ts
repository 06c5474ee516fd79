import { AccountCheckpoints } from "../../src/messaging/account-checkpoints.ts";
import { Blocks } from "../../src/messaging/blocks.ts";
import { ContactRequests } from "../../src/messaging/contact-requests.ts";
import { ConversationList } from "../../src/messaging/conversation-list.ts";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MailboxWriter } from "../../src/messaging/mailbox-writer.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { ReadMarkers } from "../../src/messaging/read-markers.ts";
import { SentLog } from "../../src/messaging/sent-log.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import type { Clock } from "../../src/storage/clock.ts";
import type { MemoryDatabase } from "./sqlite.ts";

/** The stores of a shard of surabaya that keep messages, as `createShard` builds them. */
export function openMessaging({ database, unitOfWork }: Pick<MemoryDatabase, "database" | "unitOfWork">, clock: Clock) {
  const realm = "surabaya" as RealmName;
  const logs = new MessageLogStore(database, unitOfWork);
  const mailboxes = new MailboxLookup(realm, logs);
  const conversations = new ConversationStore(database, unitOfWork, mailboxes);
  const readMarkers = new ReadMarkers(database);
  const sentLog = new SentLog(database, unitOfWork);
  const checkpoints = new AccountCheckpoints(database, unitOfWork);
  const timer = (done: () => void) => {
    queueMicrotask(done);
    return () => {};
  };
  const stored = { database, mailboxes, logs, conversations, sentLog, readMarkers, unitOfWork, timer };
  const conversationList = new ConversationList({ ...stored, checkpoints });
  const contactRequests = new ContactRequests({ ...stored, realm, isOnByDefault: false, clock });
  const blocks = new Blocks(database, unitOfWork, clock, contactRequests);
  const mailboxWriter = new MailboxWriter({ ...stored, realm, conversationList, blocks, contactRequests, clock });
  return { ...stored, blocks, checkpoints, conversationList, mailboxWriter };
}
