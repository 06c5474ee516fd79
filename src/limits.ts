/**
 * Every limit of Ranah. The last word of a name is its unit; without one the value is a count. No other file has limits.
 *
 * `npm run docs` copies each comment, up to its tag, into the protocol documents: `@client` into that of clients, `@federation`
 * into that between realms, `@cli` into that of the terminal client. The reason may follow the tag. A limit without a tag is internal.
 */
export const limits = {
  /**
   * The body of `POST /command`, and a frame of a live socket. @client A longer text is a file, and Ranah carries no
   * files.
   */
  bodyMaxBytes: 64 * 1024,

  /**
   * The server reads and discards so much of a rejected body, so that its client can read the answer: twice the largest
   * accepted body. It reads nothing of a body with a greater Content-Length. @client
   */
  discardMaxBytes: 4 * 1024 * 1024,
  /**
   * The longest time for that. @client A proxy that has the whole body needs far less, and no client can hold a request
   * open by it.
   */
  discardMaxMs: 1_000,

  /**
   * Bodies of requests in the memory of a Worker isolate or of a self-hosted server, which must fit beside its work. With
   * more, the body that has been arriving for longest is refused with `busy`. @client An isolate has 128 MiB.
   */
  bodiesMaxBytes: 32 * 1024 * 1024,
  /** The part of it that one client address gets, where it is known. @client Four deliveries of a peer at a time. */
  bodiesPerClientMaxBytes: 8 * 1024 * 1024,

  /** The body of `POST /commands`: about a tenth of a second of work for a shard. @client */
  bulkMaxBytes: 1024 * 1024,
  /** The lines of it. @client */
  bulkMaxLines: 1_000,
  /** The sends of it that run at the same time. @client */
  bulkConcurrentSends: 500,
  /** Writes in one commit. The next writes wait for the next turn, so that other requests run in between. */
  commitMaxWrites: 512,

  /** A self-hosted server: the headers of a request must arrive in this time. @client Those of a slow phone take 1 s. */
  requestHeadersMs: 10 * 1000,
  /**
   * A request with its body must arrive in this time. With a Worker it ends when another request arrives. @client 2 MiB at
   * 280 kbit/s.
   */
  requestBodyMs: 60 * 1000,
  /** A self-hosted server: all headers of a request. @client A browser sends 2 KiB; it is Node's default. */
  requestHeadersMaxBytes: 16 * 1024,
  /** A self-hosted server checks these deadlines this often. */
  requestDeadlineCheckMs: 1_000,
  /** A self-hosted server: open connections. One more is closed. @client An idle one takes about 10 KiB. */
  connectionsMax: 10_000,
  /** Those of one client address, where it is known. @client An office, or 60 accounts with all their live sockets. */
  connectionsPerClient: 1_000,
  /** A self-hosted server keeps an idle connection open for so long, longer than the proxies in front of it do. @client */
  keepAliveMs: 75 * 1000,
  /** A self-hosted server that stops waits so long for the requests that run: longer than a send waits. @client */
  stopGraceMs: 5 * 1000,
  /** A server that stops looks for connections that have become idle this often. */
  stopIdleCheckMs: 50,
  /** A self-hosted server reads its certificate again this often: certificates are renewed days before they expire. */
  certificateReadMs: 60 * 60 * 1000,
  /** Compressed files of the page in memory: it has fewer. */
  compressedFilesMax: 32,

  /** Prepared statements of one database on Node: more than there are queries. */
  statementCacheMax: 500,
  /**
   * A page of a database on Node. A send changes three pages, and a commit writes each to the log: pages of 4 KiB took
   * 15 % more time.
   */
  databasePageBytes: 2048,
  /**
   * The write-ahead log of a database on Node is folded back into the file at this length, 40 MiB. At SQLite's default
   * of 1,000 pages the same pages were folded back again and again, and sends took a third more time.
   */
  checkpointPages: 20_000,
  /**
   * A thread does so while the shard goes on. The shard itself does it at this length, if the thread cannot: 160 MiB.
   */
  checkpointHardPages: 80_000,
  /** Pages that the thread may leave to the shard: they take about 2 ms. */
  checkpointRestPages: 500,
  /** Passes of one checkpoint. A shard that is always faster than the disk ends it after so many. */
  checkpointPassesMax: 5,
  /** Pages of a database on Node in memory, for each shard. Others come from the system's cache, which costs a call each. */
  databaseCacheKib: 16 * 1024,
  /**
   * A commit on Node waits so long for another program that writes to the same file, such as the `sqlite3` shell. The whole
   * thread waits with it.
   */
  databaseBusyMs: 250,
  /**
   * A backup holds the write locks of all shards for a moment, and gives up an attempt after this time: a commit that waits for
   * it must not fail.
   */
  backupLockMs: 100,
  /** The pause before the next attempt, and the number of attempts. */
  backupLockPauseMs: 200,
  backupLockAttemptsMax: 50,
  /** Pages that a backup copies at once: 2 MiB. */
  backupPagesPerStep: 1024,

  /** Entries of each transactional cache of a shard: about 100 bytes each. */
  txCacheMaxEntries: 10_000,

  /** A name of an account or a group: short enough to type and to index. @client */
  nameMaxChars: 32,
  /** A realm. @client It may be a host name, which has at most 253 characters (RFC 1035, section 2.3.4). */
  realmMaxChars: 253,
  /** A key. @client It only has to be unique for one sender; a UUID has 36 characters. */
  keyMaxChars: 64,
  /** Unicode code points of a word that `unknown-option` repeats. @client */
  errorEchoMaxChars: 40,
  /** A new password, at least (NIST SP 800-63B, section 3.1.1.2). @client */
  passwordMinBytes: 8,
  /** A new password, at most: longer than every passphrase, and a bound on the input of a hash. @client */
  passwordMaxBytes: 128,

  /** The greatest `limit` and `last`. A page without them has no limit. @client */
  pageMaxRows: 10_000,
  /**
   * Messages in one chunk of a page, and in one answer to a query. @federation Other requests run between two chunks.
   */
  chunkRows: 256,
  /** Rows of a chunk that are read at once: 8 messages of 64 KiB are 512 KiB. */
  chunkPartRows: 8,
  /** The same after rows with at most `shortRowMaxChars` on average; in the worst case 3 MiB are read. */
  chunkShortPartRows: 48,
  shortRowMaxChars: 512,
  /**
   * Text after which a chunk, or an answer to a query, ends; its last message may exceed it. @federation 256 messages
   * of 64 KiB would be 16 MiB, and an isolate has 128 MiB.
   */
  chunkMaxChars: 32 * 1024,
  /**
   * JSON after which a chunk, or an answer to a query, ends in any case; only its last row may exceed it. @federation
   * With 3 bytes for each character and a row of escapes that is 1.9 MiB.
   */
  chunkJsonChars: 512 * 1024,
  /** The longest `wait`. @client @federation The platform ends an incoming request after 30 s. */
  waitMaxSeconds: 25,
  /** Waiting reads of one account in one shard: several devices and scripts. One more ends the oldest. @client */
  pollsPerAccount: 32,
  /** Waiting reads of all users of one other realm in one shard. One more ends the oldest. @federation */
  pollsPerPeer: 512,

  /**
   * Replies of several chunks that one account reads over HTTP at the same time, in one shard. One more breaks off the one
   * that has been without progress longest. @client A client that stalls keeps a chunk in memory, of 0.5 MiB or less.
   */
  streamsPerAccount: 16,
  /** Those of all accounts of one shard: 64 MiB of chunks. */
  streamsPerShard: 128,
  /** A page of more JSON is such a reply too, so that not every stalled client keeps a whole chunk in memory. */
  pageInOnePieceMaxChars: 64 * 1024,

  /**
   * Live sockets of one account: its devices, and some scripts. One more closes the one whose client has been silent longest,
   * with 4409. @client
   */
  socketsPerAccount: 16,
  /**
   * Sockets of one account that the server has closed and whose clients have not answered that. With more, `GET /live` is
   * answered `too-many-sockets`. @client Most are phones that have lost their network; their connections end by themselves
   * after minutes. A client that keeps them on purpose keeps what they hold in memory, see `heldPerAccountBytes`.
   */
  closingSocketsPerAccount: 64,
  /**
   * Bytes of frames to one live socket after which the server sends the event `ping`. Until the client has answered, its
   * next commands, replies and history wait. @client A client that receives less in all need not know pings.
   */
  acknowledgeAfterBytes: 1024 * 1024,
  /**
   * Unacknowledged bytes of one live socket: events, replies and history. One frame more closes it with 4408. @client The
   * second half is for events, which cannot wait.
   */
  unacknowledgedMaxBytes: 2 * 1024 * 1024,
  /**
   * While a command, a reply or history waits for it, a `ping` must be answered in this time. @client 1 MiB at 140 kbit/s.
   * The shard stays awake meanwhile.
   */
  acknowledgeMs: 60 * 1000,
  /**
   * What the sockets of one account hold in one shard, closed ones included: waiting replies, and of each socket the
   * unacknowledged bytes above `pressedAcknowledgeAfterBytes`. Beyond, the next two limits hold for each of them. @client
   */
  heldPerAccountBytes: 16 * 1024 * 1024,
  /** The same for all accounts of one shard. @client Half of an isolate. */
  heldPerShardBytes: 64 * 1024 * 1024,
  /**
   * Then a socket is sent a `ping` after this; replies and history that exceed it wait until everything is acknowledged.
   * @client A socket that has left less is not affected.
   */
  pressedAcknowledgeAfterBytes: 64 * 1024,
  /** Then one frame more than this closes the socket with 4408. @client */
  pressedUnacknowledgedMaxBytes: 128 * 1024,
  /** The state of a socket is stored so long after a frame has changed it. A shard hibernates after 10 s without a frame. */
  socketSaveDelayMs: 100,
  /**
   * Frames for one live socket in the memory of a self-hosted server, those of the WebSocket protocol included. With more, it
   * cuts the connection. A client that is sent so much has violated the limits above.
   */
  socketBufferMaxBytes: 3 * 1024 * 1024,
  /** The number of such frames: each takes 1 KiB beside its text. 2 MiB of ordinary events are fewer. */
  socketBufferMaxFrames: 8 * 1024,
  /**
   * Frames of one live socket on their way to the thread of its shard. With so many, a self-hosted server reads no more
   * from the client until the shard has taken one.
   */
  forwardedFramesMax: 64,
  /** A self-hosted server pings each live socket this often, and ends one that has not answered the last ping. @client */
  socketPingMs: 30 * 1000,
  /** A self-hosted server waits so long for a client to answer the end of a live socket. @client */
  socketCloseMs: 10 * 1000,
  /** Unanswered commands of one live socket. One more closes it with 4429. @client */
  unansweredPerSocket: 256,
  /** Bytes of them. Beyond, the socket is closed with 4429. @client 16 commands of the greatest length. */
  unansweredMaxBytes: 1024 * 1024,
  /**
   * Bytes of replies that all live sockets of one account read in a second, in one shard; sends are no replies here. Its next
   * command waits for so long after each. @client A reply of 1 MiB takes some milliseconds of the shard, which others wait for.
   */
  socketReadBytesPerSecond: 4 * 1024 * 1024,
  /** A command counts as so many bytes more: 1,000 short replies a second. */
  turnCostBytes: 4 * 1024,
  /** Bytes after which an account pauses: 16 short replies follow each other at once. */
  turnsBurstBytes: 64 * 1024,
  /** A command that is not answered by then lets the next one of its account start: it waits, or asks another realm. */
  turnMaxMs: 100,
  /** Bytes of the sends of one live socket that are executed together. Their events come back at once. */
  concurrentSendsMaxBytes: 256 * 1024,
  /**
   * A socket whose session has ended stays open so long for its last replies, such as that of its own `logout`. @client
   */
  closeGraceMs: 1_000,
  /** A reply on a live socket. @client The runtime accepts 32 MiB, but an isolate has 128 MiB for everything. */
  replyFrameMaxBytes: 1024 * 1024,

  /** A session ends this long after its last use. @client */
  sessionIdleMs: 30 * 24 * 60 * 60 * 1000,
  /**
   * The use of a session is recorded at most this often, so that most reads cause no write: 1 h is 0.14 % of 30 days.
   * @client
   */
  sessionTouchMs: 60 * 60 * 1000,
  /** Token digests in the cache of a Worker: about 300 bytes each. */
  sessionRefCacheMax: 10_000,
  /** Sessions in the cache of a shard: about 200 bytes each. */
  sessionCacheMax: 10_000,
  /**
   * Passwords of HTTP Basic that a shard and a Worker remember as keyed digests, so that not every request costs a hash:
   * about 300 bytes each.
   */
  rememberedPasswordsMax: 10_000,
  /** Host names that were parsed, in memory: a deployment has a few. */
  hostCacheMax: 1_000,
  /** Registrations that one invitation code allows, at most. @client A school; a leaked code is revoked. */
  inviteCodeMaxUses: 1_000,
  /** An invitation code without `expires` is valid for so long. @client */
  inviteCodeMs: 7 * 24 * 60 * 60 * 1000,
  /** Invitation codes that can be used. One more is answered `too-many-codes`. @client `invitecodes` is one reply. */
  inviteCodesMax: 1_000,
  /** A code for a new password is valid for so long. @client The operator reads it to its owner. */
  resetCodeMs: 24 * 60 * 60 * 1000,
  /** A name whose account was removed is free again after this long. @client What is meant for the old account must not reach a new one. */
  nameReservedMs: 90 * 24 * 60 * 60 * 1000,
  /** Messages of one sender that wait to be accepted. One more fails with `mailbox-full`. @client It has introduced itself by then. */
  heldMessagesPerSender: 20,
  /** Senders that wait for one account. A message of one more fails with `mailbox-full`. @client The list is one reply. */
  heldSendersPerAccount: 100,
  /** Addresses and realms that one account blocks. One more is answered `too-many-blocks`. @client A realm is one. */
  blocksPerAccount: 1_000,
  /** Tokens of one account. One more is answered `too-many-tokens`. @client One for each program; `tokens` is one reply. */
  tokensPerAccount: 50,
  /** The longest `expires`: ten years. @client */
  durationMaxMs: 3650 * 24 * 60 * 60 * 1000,
  /** Open sessions of one account. One more ends the one that was unused for longest. @client */
  sessionsPerAccount: 20,

  /**
   * scrypt with OWASP's parameters that fit the runtime: 16 MiB of memory, and N·r·p below 2^20, which the runtime
   * enforces.
   */
  scryptCost: { N: 2 ** 14, r: 8, p: 5 },
  /**
   * Passwords that wait to be hashed: so many for logins, as many for password changes and as many for registrations. One more is
   * answered `busy`. A Cloudflare deployment has these queues for each shard, a self-hosted server once. @client
   */
  hashQueueMax: 32,
  /** How these three share the hashes while all wait: no kind waits for the end of another, and logins are the most. */
  hashShares: { login: 4, change: 2, registration: 1 },
  /** A password that has waited for so long is not hashed, and is answered `busy`. @client Clients give up after 30 s. */
  hashWaitMaxMs: 15 * 1000,
  /** `Retry-After` of that. @client About 20 hashes. */
  hashRetrySeconds: 5,
  /**
   * Passwords that a self-hosted server hashes at the same time, if it has the cores. Node runs them in the four threads
   * that also look up names.
   */
  hashConcurrencyMax: 3,
  /** The pause between two hashes on workerd: a local one has a single thread, and all other requests run in this pause. */
  hashPauseMs: 50,
  /**
   * Waiting logins and registrations of one name. They run one by one, so that guesses are counted. One more is
   * answered `busy`. @client
   */
  loginAttemptsQueuedPerName: 256,
  /** An attempt whose turn comes after so long is answered `busy`, and its password is not hashed. @client */
  loginAttemptWaitMs: 10 * 1000,
  /** `Retry-After` of `busy` if too many attempts on one name wait: about 20 hashes. @client */
  loginAttemptsRetrySeconds: 5,
  /**
   * `register`, `auth` and new HTTP Basic logins of one client address in a minute, where it is known. One more is answered
   * `busy`. @client A hasher makes 170 hashes a minute, so that no address fills it. The loopback address and proxies have no limit.
   */
  loginsPerClientPerMinute: 30,
  /** Those of all addresses of one IPv6 /48 network together, on a self-hosted server: what a provider gives to one customer. @client */
  loginsPerNetworkPerMinute: 120,
  /** `Retry-After` of that on Cloudflare, which counts by the minute; a self-hosted server knows the time. @client */
  loginRateRetrySeconds: 60,
  /** Client addresses whose rate of logins a self-hosted server remembers: about 100 bytes each. */
  clientsInMemoryMax: 10_000,
  /**
   * Names without an account whose wrong passwords a shard remembers, where it is not told which names exist: more than it can hash
   * passwords in a day, about 60 bytes each.
   */
  unknownNamesMax: 250_000,
  /**
   * `Retry-After` of `unavailable` and `too-many-sockets`, and of `busy` for an overloaded shard. @client
   */
  retrySoonSeconds: 1,
  /** Wrong passwords in a row that lock the logins of an account. @client */
  wrongPasswordsBeforeThrottle: 5,
  /** The first lock. Each further wrong password doubles it. @client */
  throttleBaseMs: 15 * 1000,
  /** Wrong passwords are forgotten this long after a lock has ended. @client Both of accounts and of names without one. */
  throttleForgetMs: 24 * 60 * 60 * 1000,
  /** The longest lock. @client It leaves an attacker 96 guesses a day; open sessions of the owner are not affected. */
  throttleMaxMs: 15 * 60 * 1000,

  /**
   * Members of one group, invited accounts included. One more is answered `group-full`. @client The list of members is
   * one reply: about 1 MB, and 3.5 MB at most.
   */
  membersPerGroup: 10_000,
  /**
   * Those of one realm on another server. One more is answered `group-full`. @client This realm cannot
   * verify their names, so a realm alone cannot fill a group.
   */
  membersPerPeer: 2_000,
  /**
   * Groups of one account, without invitations. One more is answered `too-many-groups`. @client The list is one reply,
   * and each group is asked for its newest message.
   */
  groupsPerAccount: 1_000,
  /**
   * If the answer to a join was lost, the realm defers messages of the group for so long, because the join may be
   * repeated. @client
   */
  unconfirmedJoinMs: 10 * 60 * 1000,
  /** Such joins that a shard remembers. */
  unconfirmedJoinsMax: 1_000,
  /** Invitations that `groups` shows. Every account may invite: further invitations are only notices. @client */
  invitationsPerAccount: 100,
  /** Those to groups of one realm, so that a hostile realm leaves room for the others. @client */
  invitationsPerRealm: 50,
  /** Conversations that `threads` returns without `limit`: those with the latest messages. @client */
  conversationsPage: 100,
  /**
   * Messages that an account's conversation list may lag behind its mailbox or its sent log. A list that is read catches up with
   * so many; a list that lags more catches up during a send, one row for each conversation.
   */
  conversationListLagMax: 256,
  /** Conversations that one account may start. One more is answered `too-many-conversations`. @client Replies are not limited. */
  conversationsStartedPerAccount: 10_000,
  /**
   * Commands of one account in a second, on average. One more is answered `slow-down`. `ACCOUNT_RATE` changes it. @client As many
   * as one peer may send; a Durable Object carries about 1,000, so a realm with strangers on Cloudflare may want less.
   */
  accountRatePerSecond: 2_500,
  /** Seconds of that rate that may come at once: the burst. @client A program that catches up after a night. */
  accountBurstSeconds: 60,
  /** Characters of a text that count as one command, where it has more. @client */
  textCharsPerToken: 4 * 1024,
  /** Bytes of a reply that count as one more command. The next commands pay for them. @client A reply of 1 MiB counts as 64. */
  replyBytesPerToken: 16 * 1024,
  /** A refused command is answered so late, so that repeating it without a pause costs little. @client */
  refusalDelayMs: 1_000,
  /** Refusals of one account that wait for that; more are answered at once: a waiting request holds some KiB. */
  delayedRefusalsPerAccount: 256,
  /** The greatest `ACCOUNT_RATE`: more than a shard can answer, so in effect no bound. */
  accountRateMax: 1_000_000,
  /** Accounts of a shard whose budget is in memory: about 100 bytes each. */
  budgetsInMemoryMax: 10_000,
  /**
   * The quota of one account: what it has sent and is still stored, each message with `messageOverheadBytes`. One more is
   * answered `quota-exceeded`. `ACCOUNT_QUOTA_MB` changes it. @client A Durable Object has 10 GB: a hundred full accounts.
   */
  accountQuotaBytes: 100 * 1024 * 1024,
  /** The greatest `ACCOUNT_QUOTA_MB`: a Durable Object has no more. */
  accountQuotaMaxMb: 10_000,
  /**
   * Quotas that fit into one mailbox, one group or one replica: one account alone cannot fill it. One more message is answered
   * `mailbox-full` or `group-log-full`. @client
   */
  quotasPerMessageLog: 4,
  /** What a message takes beside its text: its addresses, numbers and index entries. @client */
  messageOverheadBytes: 200,
  /** Messages after which the counted bytes of a log are stored. A shard that starts counts so many again. */
  bytesCountedEvery: 256,
  /** Messages of one account that wait for other realms. One more is answered `queue-full`. @client */
  queuedPerAccount: 10_000,
  /** Unconfigured realms that messages of one account wait for. One more is answered `too-many-realms`. @client */
  strangeRealmsPerAccount: 50,
  /** Other realms that `realms` returns without `limit`. @client */
  realmsPage: 100,
  /** Unicode code points of the reason of a ban. @client */
  reasonMaxChars: 200,
  /** `Retry-After` of `locked-down`. @client */
  lockdownRetrySeconds: 60,
  /** Accounts that `accounts`, and entries that `audit` returns without `limit`. @client */
  operatorPage: 100,
  /** Reports that the operator is shown; of more the oldest are deleted. @client A report has a message, so it is 640 MB at most. */
  reportsMax: 10_000,
  /** Entries of the audit log; of more the oldest are deleted: ten a day for 27 years. */
  auditEntriesMax: 100_000,
  /** Mailboxes that one commit of `notice` writes to. Other requests run between two commits. */
  noticesPerCommit: 100,
  /** Messages that one `emptyaccount` deletes: some seconds of work, and a proxy does not give up the request. */
  emptyAccountMaxRows: 50_000,
  /** The interval between two batches of group updates to one other shard or realm: 20 calls a second. @client */
  groupUpdateMinIntervalMs: 50,
  /**
   * Sockets that get a frame in one turn. A frame takes a few microseconds, and other requests run between two turns.
   */
  broadcastSocketsPerTurn: 128,
  /**
   * Group messages of one shard that wait for live sockets: 8 MiB in an isolate of 128 MiB. Beyond it the oldest are
   * dropped. @client
   */
  broadcastQueueMaxChars: 4 * 1024 * 1024,
  /** Groups whose last written id a shard remembers, so that a member reads its own messages. */
  lastWrittenIdsMax: 10_000,

  /** Shards of one realm: 16 of them carry about 16,000 requests a second. */
  shardsMax: 16,

  /** Shard ids in the cache of a Worker: more than one deployment has. */
  shardIdCacheMax: 1_000,

  /** A send waits so long for the recipient's side, so that `queued` is answered within 3 s. @client */
  deliveryWaitMs: 2_500,
  /** Messages in one delivery. @federation */
  deliveryBatchMax: 50,
  /**
   * Text in one delivery, as a sender fills it. A longer batch is split; a single message of 64 KiB always fits.
   * @federation
   */
  deliveryBatchMaxChars: 256 * 1024,
  /** Crashes of a destination over one message alone before the sender probes with others. @federation */
  crashesBeforeProbe: 5,
  /** If there is no other message, one that crashes its destination has failed after this long. @federation */
  crashGiveUpMs: 24 * 60 * 60 * 1000,
  /** The first pause after a failed attempt. @federation */
  backoffMinMs: 1_000,
  /** The longest pause: a realm that returns is found within the hour even if it makes no request. @federation */
  backoffMaxMs: 60 * 60 * 1000,
  /** A queued message has failed with `expired` after this long. @client @federation */
  deliveryTtlMs: 7 * 24 * 60 * 60 * 1000,
  /** A queued message is examined again after this long even if the shard crashed during its delivery. */
  deliveryRescueMs: 10_000,
  /** The alarm of a shard on Node looks at the clock this often at least: a timer does not notice a clock that is set. */
  alarmCheckMaxMs: 60 * 1000,

  /** A clock that moves by so much more or less than has elapsed has stepped: NTP slews it by 43 s a day. */
  clockStepMinMs: 60 * 1000,
  /**
   * The longest time without a look at the clock of a self-hosted server that counts in full: a machine may be off or
   * suspended. What goes beyond may be a wrong clock, and makes nothing older.
   */
  clockGapMaxMs: 24 * 60 * 60 * 1000,
  /** A self-hosted shard stores that it has seen its clock this often: one row. */
  clockLookEveryMs: 60 * 60 * 1000,
  /** Steps of the clock that a shard tells apart; older ones become one. */
  clockPeriodsMax: 16,
  /** A shard waits so long for the deliveries that its alarm has started. No other alarm fires meanwhile. */
  alarmWaitMaxMs: 1_000,

  /** The greatest difference between `created` and the receiver's clock, in either direction. @federation */
  clockSkewSeconds: 5 * 60,
  /** `Signature-Input` and `Signature`, each. @federation Those of Ranah have about 240 and 100 characters. */
  signatureMaxChars: 1024,
  /** A nonce. @federation Ranah uses a UUID; other implementations may need more. */
  nonceMaxChars: 64,
  /**
   * Remembered nonces of all realms together, each for 10 minutes: 166 requests a second, about 150 bytes each.
   * @federation
   */
  noncesMax: 100_000,
  /** The time for a complete answer of another realm. @federation */
  peerTimeoutMs: 5_000,
  /** A well-known document. @federation */
  wellKnownMaxBytes: 16 * 1024,
  /** Keys in a well-known document: the current one, and those that are being retired. @federation */
  peerKeysMax: 16,
  /** The keys of a peer are valid for so long after they were fetched. @federation */
  peerKeysFreshMs: 24 * 60 * 60 * 1000,
  /** The interval between two fetches of the keys of one realm, so that forged requests cannot flood it. @federation */
  peerKeysFetchMinIntervalMs: 60 * 1000,
  /**
   * Key fetches in a minute of all unknown realms together, and as many of all realms whose keys were read before.
   * @federation
   */
  keyFetchesPerMinute: 60,
  /**
   * The part of them that requests from one client address get, where it is known. @federation A server that hosts more new
   * realms introduces the others a minute later.
   */
  keyFetchesPerClientPerMinute: 5,
  /** The part of them that all names in one domain get: those with the same last two labels. @federation */
  keyFetchesPerDomainPerMinute: 20,
  /** Keys of peers in the cache of a Worker, and for how long, so that not every batch asks the shard. */
  peerKeyCacheMax: 1_000,
  peerKeyCacheMs: 60 * 1000,
  /** A retired key stays in the well-known document so long, for requests that are on their way. @federation */
  keyRetireMs: 48 * 60 * 60 * 1000,
  /** A delivery. @federation 256 Ki characters of text are at most 1.5 MiB of JSON. */
  deliveryMaxBytes: 2 * 1024 * 1024,
  /** A query, an echo and the answer to an echo; for each message, the answer to a delivery. @federation */
  queryMaxBytes: 4 * 1024,
  /** The answer to a query: a chunk of messages, or all members of a group, which are 3.5 MB at most. @federation */
  queryAnswerMaxBytes: 4 * 1024 * 1024,
  /**
   * Messages of one peer in a second, on average: as many as one shard can store. A delivery, a query and an echo count as
   * one message at least. A delivery of more messages than the burst is admitted when a full burst is free, and the
   * requests after it pay for it. `PEER_RATE` changes this limit. @federation
   */
  peerRatePerSecond: 2_500,
  /** Seconds of that rate that may come at once: the burst. @federation */
  peerBurstSeconds: 2,
  /**
   * What a realm that is not in `PEERS` may send in a day, in bytes of its requests, each message with `messageOverheadBytes`. One
   * more request is answered 429 until there is room again. `STRANGE_REALM_DAILY_MB` changes it. @federation A Durable Object has
   * 10 GB, so that a hundred strange realms have a day's worth in it.
   */
  strangeRealmBytesPerDay: 100 * 1024 * 1024,
  /** The greatest `STRANGE_REALM_DAILY_MB`: more than a Durable Object has, so in effect no bound. */
  strangeRealmDailyMaxMb: 1_000_000,
  /**
   * Bytes of a request that count as one message, where these are more than its messages. A body that is long enough to be
   * admitted before it is read, 64 KiB, counts as more messages than a batch has. @federation Parsing and storing a peer's
   * text costs as much as this rate allows.
   */
  bytesPerToken: 1024,
  /**
   * Values in a JSON text of another realm. @federation A list of 10000 members has 40000. A text of 2 MiB could have a
   * million, which take 350 MB and seconds.
   */
  peerJsonMaxValues: 100_000,
  /**
   * Rows that count as one more message: messages or members in the answer to a query, and messages that a `join`
   * requests by its `have`. The following requests pay for them, with one burst at most. @federation
   */
  rowsPerToken: 50,
  /** The last contact with a peer is written at most this often, so that not every batch writes a row. */
  contactWriteMinIntervalMs: 60 * 1000,
  /** The interval between two starts of the queues to a realm because that realm made a request. @federation */
  peerContactMinIntervalMs: 1_000,

  /** `Retry-After` of `realm-away` if the realm gave none. @federation */
  unreachableRetrySeconds: 5,
  /**
   * Peers whose rate and last contact are in memory. An open federation may have more; then the oldest entry is dropped.
   */
  peersInMemoryMax: 10_000,
  /** The greatest `PEER_RATE`: more than a shard can store, so in effect no bound. */
  peerRateMax: 1_000_000,
  /** The shortest `OPERATOR_TOKEN`: 16 random characters are 64 bits at least. */
  operatorTokenMinChars: 16,
  /** A `kid`. @federation Those of Ranah are UUIDs. */
  keyIdMaxChars: 128,
  /** A `uid`. @federation Those of Ranah are UUIDs. */
  uidMaxChars: 66,
  /** The text of an echo. @federation That of `peertest` has 36 characters. */
  echoTextMaxChars: 128,
  /** The beginning of `Accept-Language` that counts. @client Browsers send less than half of it. */
  acceptLanguageMaxChars: 256,
  /** Log lines of one kind in a minute; more are counted. A stranger can cause any number, and a line a second says as much. */
  logLinesPerMinute: 60,
  /** Kinds of log lines that are counted by themselves: more than there are. */
  logKindsMax: 200,
  /** A text of the runtime in the log: a peer chooses a part of some, such as the names of a certificate. */
  logTextMaxChars: 300,
  /** The keys of a realm are deleted if no request needed them for so long. */
  unusedPeerKeysMs: 7 * 24 * 60 * 60 * 1000,
  /** `Retry-After` of `shards-changed` and `misconfigured`, which only an operator can correct. @client */
  operatorRetrySeconds: 60,

  /**
   * The shortest retention: longer than the retries of a message, so that a late retry still finds its duplicate.
   * @client
   */
  retentionMinDays: 8,
  /** The longest retention: a hundred years. Without a retention nothing is removed. */
  retentionMaxDays: 36_500,
  /** The interval between two searches for old messages. */
  retentionEveryMs: 24 * 60 * 60 * 1000,
  /** Logs in one commit of the retention, and messages removed from each. Other requests run between two commits. */
  retentionChunkLogs: 100,
  retentionChunkRows: 100,

  /** One command of the terminal client, with its repetitions, unless `--timeout` says otherwise. @cli Longer than a wait of 25 s. */
  cliTimeoutMs: 30 * 1000,
  /** The first pause before it repeats a command or connects again. Each further pause is twice as long. @cli */
  cliPauseMinMs: 250,
  /** The longest such pause. @cli */
  cliPauseMaxMs: 30 * 1000,
  /** A reply or a frame that it accepts: a page of 100 messages of the greatest length, each byte escaped, is 38 MiB. @cli */
  cliReplyMaxBytes: 64 * 1024 * 1024,
  /** Rows of a page, where it reads a whole log. @cli */
  cliPageRows: 100,
  /** Messages that `chat` shows when it opens a conversation. @cli */
  cliChatRows: 20,
  /** Live messages that wait for the consumer of `follow`. With more it forgets them and reads the log again. @cli */
  cliQueueMax: 1_000,
  /** It pings a live socket this often, and connects again if nothing has come since the last ping. @cli */
  cliHeartbeatMs: 20 * 1000,
  /** `follow` also reads the log this often, should an event have been lost. @cli */
  cliRecheckMs: 60 * 1000,
  /** `send --wait` without a time. @cli */
  cliSendWaitMs: 30 * 1000,
  /** The first and the longest pause between two questions for the state of a queued message. */
  cliStatusMinMs: 250,
  cliStatusMaxMs: 5 * 1000,
  /** A command of `--exec`, unless `--exec-timeout` says otherwise. @cli */
  cliExecMs: 10 * 60 * 1000,
  /** `follow` waits so long for the command of a killed predecessor, then another process counts as using the cursor. @cli */
  cliLockWaitMs: 10 * 1000,
  /** It looks this often. */
  cliLockCheckMs: 50,

  /** Connections of `ranah bridge`. One more is told so and closed. @cli A thousand programs, and room for those that reconnect. */
  bridgeConnectionsMax: 2_000,
  /** A connection to the bridge without a complete request for so long is told so and closed. @cli */
  bridgeIdleMs: 5 * 60 * 1000,
  /** A client that does not take a reply in this time is disconnected. @cli */
  bridgeWriteMs: 30 * 1000,
  /** A reply that the bridge passes on; it is one write. A longer one is refused. @cli */
  bridgeReplyMaxBytes: 4 * 1024 * 1024,
  /** The bridge waits so long for the realm: longer than the longest wait of a read. @cli */
  bridgeUpstreamMs: 60 * 1000,

  /** One request of `ranah check`, and what a case waits for. @cli Longer than the longest wait of a read. */
  checkRequestMs: 30 * 1000,
  /** One case. @cli */
  checkCaseMs: 60 * 1000,
  /** It repeats a registration or a login that is answered `busy` for so long. @cli */
  checkLoginMs: 2 * 60 * 1000,
  /** It looks this often for what a case waits for. */
  checkPollMs: 50,
} as const;
