/**
 * Every limit of Ranah: its unit stands last in the name, its reason beside it.
 * A number that is not here is not a limit.
 */
export const limits = {
  /** One command line. A message of 64 KiB is a long letter; anything larger is a file, and files are not ours. */
  bodyMaxBytes: 64 * 1024,

  /** What is read and thrown away of a body that is refused, so that its sender can hear why: twice the largest that is taken. */
  discardMaxBytes: 4 * 1024 * 1024,
  /** How long that may take: a proxy that has the whole body needs far less, and nobody shall hold a request open by it. */
  discardMaxMs: 1_000,

  /** Many command lines in one request: what an object can take in about a tenth of a second. */
  bulkMaxBytes: 1024 * 1024,
  bulkMaxLines: 1_000,
  /** Sends of them that are under way together. */
  bulkConcurrentSends: 500,
  /** Writes that are applied in one commit; the next ones wait for the next turn, so that others get theirs between. */
  commitMaxWrites: 512,

  /** Names, and newest numbers, that an object keeps at hand of each kind: about 100 bytes each. */
  txCacheMaxEntries: 10_000,

  /** Names of accounts and groups: short enough to type and to index. */
  nameMaxChars: 32,
  /** A realm name may be a host name, and a host name has 253 characters at most (RFC 1035, section 2.3.4). */
  realmMaxChars: 253,
  /** A key only has to be unique per sender; a UUID has 36 characters. */
  keyMaxChars: 64,
  /** What an error says again of what it did not understand. */
  errorEchoMaxChars: 40,
  /** NIST SP 800-63B, section 3.1.1.2: at least 8. */
  passwordMinBytes: 8,
  /** More than any passphrase; bounds what a hash has to read. */
  passwordMaxBytes: 128,

  /** The largest page that may be asked for by number. Whoever wants more leaves the option off and gets everything. */
  pageMaxRows: 10_000,
  /** Rows read in one go inside an object. Between two chunks other requests get their turn. */
  chunkRows: 256,
  /** Rows of it that are read to their end together: 8 messages of 64 KiB are 512 KiB. */
  chunkPartRows: 8,
  /** The same where those before had so few characters each, in the middle; at the worst 3 MiB are read. */
  chunkPartRowsShort: 48,
  shortRowMaxChars: 512,
  /** Text read in one go, but for the part that goes beyond it: 256 messages of 64 KiB would be 16 MiB in an isolate of 128 MiB. */
  chunkMaxChars: 32 * 1024,
  /** A chunk is no longer as JSON, but for its last row: with 3 bytes a character and a row of escapes it is 1.9 MiB. */
  chunkJsonChars: 512 * 1024,
  /** A long poll; the platform ends an incoming request after 30 s. */
  waitMaxSeconds: 25,
  /** Open long polls of one account: several devices and scripts. One more ends the oldest. */
  pollsPerAccount: 32,
  /** Open long polls of all users of one other realm, in one object. */
  pollsPerPeer: 512,

  /** Live sockets of one account: its devices, and some scripts. */
  socketsPerAccount: 16,
  /** Commands of one socket that may be unanswered; whoever pipelines more waits for replies in between. */
  repliesPerSocket: 256,
  /** How long a socket whose session has ended waits for its last replies, the one to its own `logout` among them. */
  closeGraceMs: 1_000,
  /** A long page as one frame: the runtime takes 32 MiB, an isolate has 128 MiB for everything. Ask page by page instead. */
  replyFrameMaxChars: 1024 * 1024,

  /**
   * History that one socket is told, in characters of JSON. A reader who does not read leaves it all in the object's memory, and an account
   * may have 16 sockets: 32 MiB in an isolate of 128 MiB where all is ASCII, and 96 at most.
   */
  backfillMaxChars: 2 * 1024 * 1024,

  /** A session ends this long after its last use. */
  sessionIdleMs: 30 * 24 * 60 * 60 * 1000,
  /** Last use is written at most this often, so that reading an inbox costs no write: 1 h is 0.14 % of 30 days. */
  sessionTouchMs: 60 * 60 * 1000,
  /** Tokens whose digests a Worker remembers: about 300 bytes each. */
  sessionRefCacheMax: 10_000,
  /** Sessions that an object remembers: about 200 bytes each. */
  sessionCacheMax: 10_000,
  /** Sessions of one account; the oldest goes first. */
  sessionsPerAccount: 20,

  /** scrypt, OWASP's set that fits the runtime: 16 MiB of memory and N·r·p below 2^20, which the runtime enforces. */
  scryptCost: { N: 2 ** 14, r: 8, p: 5 },
  /** Hashes of each kind that may wait: at 0.3 s each the last login waits 10 s, a registration behind the logins too. One more is answered 429. */
  hashQueueMax: 32,
  /** Between two hashes the process breathes: a local workerd has one thread, and everybody else waits meanwhile. */
  hashPauseMs: 50,
  /** Attempts on one account name that wait behind each other, so that guesses are counted one by one. */
  loginAttemptsQueuedPerName: 256,
  /** When another try makes sense where that many wait: about 20 hashes later. */
  loginAttemptsRetrySeconds: 5,
  /** The same where the platform's rate before logins is used up: it counts by the minute. */
  loginRateRetrySeconds: 60,
  /** And where an object is moving, restarting or flooded, or a socket or an account has too much open. */
  retrySoonSeconds: 1,
  /** Wrong passwords before an account's logins are slowed down. */
  wrongPasswordsBeforeThrottle: 5,
  /** The first slow-down; each further wrong password doubles it. */
  throttleBaseMs: 15 * 1000,
  /** The longest slow-down: whoever goes on guessing gets 96 guesses a day, and the owner keeps the sessions that are open. */
  throttleMaxMs: 15 * 60 * 1000,

  /** Members of one group, those invited included: its list is one reply, of 1 MB with names as people have, and of 3.5 MB at most. */
  membersPerGroup: 10_000,
  /** Of them those of one realm elsewhere, whose names nobody here can check: it cannot fill a group alone. */
  membersPerPeer: 2_000,
  /** Groups of one account: its list is one reply, and each is asked for its newest message. */
  groupsPerAccount: 1_000,
  /** Where the answer to a join was lost, messages of its group are put off for so long and not refused: it may be asked again. */
  unconfirmedJoinMs: 10 * 60 * 1000,
  /** Groups of which that is remembered. */
  unconfirmedJoinsMax: 1_000,
  /** Invitations that are listed for one account. Anybody may invite: those beyond it are a notice in the inbox only. */
  invitationsPerAccount: 100,
  /** Of them those of groups of one realm: one that means ill leaves room for the others. */
  invitationsPerRealm: 50,
  /** Unread messages that are counted; nobody reads the difference between 100 and 1,000. */
  unreadMax: 100,
  /** Messages looked at for that: whoever writes much and reads little is counted no further. */
  unreadScannedMax: 1_000,
  /** Conversations that `threads` shows, those of the latest messages. */
  conversationsListedMax: 1_000,
  /** The other shards hear of a group's messages at most this often, however busy it is: 20 calls a second. */
  groupUpdateMinIntervalMs: 50,
  /** Sockets that are told something in one turn. A frame to one takes some microseconds; others get their turn between. */
  broadcastSocketsPerTurn: 128,
  /** Characters that wait to be told to sockets, all together: 8 MiB at most, in an isolate of 128 MiB. Beyond it the oldest go. */
  broadcastQueueMaxChars: 4 * 1024 * 1024,
  /** Groups whose newest known message is remembered, so that whoever has written to one also reads it there. */
  lastWrittenIdsMax: 10_000,

  /** Shards of one realm; 16 objects carry about 16,000 requests a second. */
  shardsMax: 16,

  /** Objects whose ids a Worker remembers: a deployment has no more. */
  shardIdCacheMax: 1_000,

  /** How long a sender is kept waiting for news from another object: `queued` is to be heard within 3 s. */
  deliveryWaitMs: 2_500,
  /** Messages in one delivery. */
  deliveryBatchMax: 50,
  /** Their texts together, in characters; a longer batch goes in two. A message of 64 KiB always fits. */
  deliveryBatchMaxChars: 256 * 1024,
  /** Times that a destination may break over one message alone before others are tried in its place. */
  crashesBeforeProbe: 5,
  /** Where there is no other to try, the message has failed after this long. */
  crashGiveUpMs: 24 * 60 * 60 * 1000,
  /** First pause of a link whose other side is away. */
  backoffMinMs: 1_000,
  /** Longest pause: a peer that returns is found within the hour even if it never speaks first. */
  backoffMaxMs: 60 * 60 * 1000,
  /** After this long a message that could not be handed over has failed. */
  deliveryTtlMs: 7 * 24 * 60 * 60 * 1000,
  /** A queued message is looked at again after this long even if the object died on the way. */
  deliveryRescueMs: 10_000,
  /** An object waits so long for the links that its alarm has woken: until then no other alarm rings, and no other link is tried. */
  alarmWaitMaxMs: 1_000,

  /** Clocks of two realms may differ by this much; also how long a captured request could be shown again. */
  clockSkewSeconds: 5 * 60,
  /** `Signature-Input` and `Signature`, each: ours have about 240 and 100 characters. */
  signatureMaxChars: 1024,
  /** A nonce is a UUID with us; others may take more. */
  nonceMaxChars: 64,
  /** Nonces remembered, of all peers together, each for 10 minutes: 166 requests a second, at about 150 bytes each. */
  noncesMax: 100_000,
  /** An answer of another realm is waited for this long, so that a sender hears `queued` within 3 s of the next try. */
  peerTimeoutMs: 5_000,
  /** What `GET /.well-known/ranah` may weigh. */
  wellKnownMaxBytes: 16 * 1024,
  /** Keys of one realm: the current one and those that are being retired. */
  peerKeysMax: 16,
  /** A peer's keys are asked for again after this long. */
  peerKeysFreshMs: 24 * 60 * 60 * 1000,
  /** An unknown key makes us ask at most this often: a stranger must not turn us against a peer. */
  peerKeysAskMs: 60 * 1000,
  /** Realms that strangers name and that are asked for their keys, each minute and together; as many again of those that are known. */
  keyFetchesPerMinute: 60,
  /** Keys of peers that a Worker remembers, and for how long: a busy link shall not ask the object for each batch. */
  peerKeyCacheMax: 1_000,
  peerKeyCacheMs: 60 * 1000,
  /** A retired key stays in the well-known for what is on its way. */
  keyRetireMs: 48 * 60 * 60 * 1000,
  /** A delivery: 256 Ki characters of text are 1.5 MiB of JSON where every one has to be escaped, and the rest. */
  deliveryMaxBytes: 2 * 1024 * 1024,
  /** A query: names and numbers. */
  queryMaxBytes: 4 * 1024,
  /** The answer to a query: a chunk of messages, or all members of a group, which are 3.5 MB where every name is as long as may be. */
  queryAnswerMaxBytes: 4 * 1024 * 1024,
  /** Messages a second that one peer may bring: what one object can store. */
  peerRatePerSecond: 2_500,
  /** Seconds of that rate that may come at once. */
  peerBurstSeconds: 2,
  /** Rows that a query makes the realm read or send, and that count as one message it would have to store. */
  rowsPerToken: 50,
  /** How often a contact with a peer is written down; more exact would cost a row for each batch. */
  contactWriteMinIntervalMs: 60 * 1000,
  /** How often the other shards are told that a peer has spoken. */
  peerContactMinIntervalMs: 1_000,

  /** When another look at a realm that is away makes sense to a reader. */
  unreachableRetrySeconds: 5,
  /** Peers whose rate and last word are kept in memory. In an open federation there may be more; then all start anew. */
  peersInMemoryMax: 10_000,
  /** The highest `PEER_RATE`: more than any object stores, that is, no bound. */
  peerRateMax: 1_000_000,
  /** The shortest `OPERATOR_TOKEN`: 16 random characters are 64 bits at least. */
  operatorTokenMinChars: 16,
  /** The name of a key: ours are UUIDs. */
  keyIdMaxChars: 128,
  /** The uid of a message: ours are UUIDs, or `k/` and a key. */
  uidMaxChars: 66,
  /** What `peertest` sends to be echoed: ours has 36 characters. */
  echoTextMaxChars: 128,
  /** Of `Accept-Language`, what is looked at: browsers send less than half of it. */
  acceptLanguageMaxChars: 256,
  /** A realm whose keys nobody asked for this long is forgotten. */
  unusedPeerKeysMs: 7 * 24 * 60 * 60 * 1000,
  /** What only an operator can mend is not mended within seconds. */
  operatorRetrySeconds: 60,

  /** The shortest retention: longer than a message may be under way, so that a late retry still finds its twin. */
  retentionMinDays: 8,
  /** The longest retention, a hundred years: whoever wants more leaves it out. */
  retentionMaxDays: 36_500,
  /** How often old messages are looked for. */
  retentionEveryMs: 24 * 60 * 60 * 1000,
  /** Mailboxes and groups looked at in one commit, and messages removed from each: others get their turn between. */
  retentionChunkLogs: 100,
  retentionChunkRows: 100,
} as const;
