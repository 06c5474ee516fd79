import { AccountBans } from "../accounts/account-bans.ts";
import { AccountStore } from "../accounts/account-store.ts";
import { Accounts } from "../accounts/accounts.ts";
import { InviteCodes } from "../accounts/invite-codes.ts";
import { PasswordLogins } from "../accounts/password-logins.ts";
import { ResetCodes } from "../accounts/reset-codes.ts";
import { SessionStore } from "../accounts/session-store.ts";
import { Sessions } from "../accounts/sessions.ts";
import { TokenStore } from "../accounts/token-store.ts";
import { Tokens } from "../accounts/tokens.ts";
import { UnknownNames } from "../accounts/unknown-names.ts";
import { AccountBudgets } from "../admission/account-budgets.ts";
import type { Config } from "../config/config.ts";
import { DeliveryQueues } from "../delivery/delivery-queues.ts";
import { DeliveryTrigger } from "../delivery/delivery-trigger.ts";
import { DestinationReports } from "../delivery/destination-reports.ts";
import { DestinationStore } from "../delivery/destination-store.ts";
import { HttpsTransport } from "../delivery/https-transport.ts";
import { OutboundTransport, treatRefusalAsBackoff } from "../delivery/outbound-transport.ts";
import { PeerContacts } from "../delivery/peer-contacts.ts";
import { retryPolicy } from "../delivery/retry-policy.ts";
import { PeerAdmission } from "../federation/admission.ts";
import { Discovery } from "../federation/discovery.ts";
import { FederationClient } from "../federation/federation-client.ts";
import { PeerKeyStore } from "../federation/peer-key-store.ts";
import { PeerRequestHandler } from "../federation/peer-request-handler.ts";
import { SigningKeys } from "../federation/signing-keys.ts";
import { AutoJoin } from "../groups/auto-join.ts";
import { GroupCommands } from "../groups/group-commands.ts";
import { GroupMembers } from "../groups/group-members.ts";
import { GroupMessageSender } from "../groups/group-message-sender.ts";
import { GroupReader } from "../groups/group-reader.ts";
import { GroupRequestRouter } from "../groups/group-request-router.ts";
import { GroupStore } from "../groups/group-store.ts";
import { GroupSummaries } from "../groups/group-summaries.ts";
import { GroupUpdateOutbox } from "../groups/group-update-outbox.ts";
import { Groups } from "../groups/groups.ts";
import { MembershipUpdateReceiver } from "../groups/membership-update-receiver.ts";
import { Memberships } from "../groups/memberships.ts";
import { PendingMembershipUpdates } from "../groups/pending-membership-updates.ts";
import { ReadYourWrites } from "../groups/read-your-writes.ts";
import { ReplicaRepair } from "../groups/replica-repair.ts";
import { ReplicaStore } from "../groups/replica-store.ts";
import { Replicas } from "../groups/replicas.ts";
import { ReplicationCursors } from "../groups/replication-cursors.ts";
import { limits } from "../limits.ts";
import { Backfill } from "../live/backfill.ts";
import { FlowControl } from "../live/flow-control.ts";
import { LiveConnections } from "../live/live-connections.ts";
import { LiveEventPublisher } from "../live/live-event-publisher.ts";
import { SocketRegistry } from "../live/socket-registry.ts";
import { AccountCheckpoints } from "../messaging/account-checkpoints.ts";
import { Blocks } from "../messaging/blocks.ts";
import { ContactRequests } from "../messaging/contact-requests.ts";
import { ConversationCommands } from "../messaging/conversation-commands.ts";
import { ConversationList } from "../messaging/conversation-list.ts";
import { ConversationStore } from "../messaging/conversation-store.ts";
import { IdempotentSend } from "../messaging/idempotent-send.ts";
import { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import { MailboxWriter } from "../messaging/mailbox-writer.ts";
import { MessageLogStore } from "../messaging/message-log-store.ts";
import { PrivateMessageSender } from "../messaging/private-message-sender.ts";
import { QueuedCounts } from "../messaging/queued-counts.ts";
import { ReadMarkers } from "../messaging/read-markers.ts";
import { SentCommands } from "../messaging/sent-commands.ts";
import { SentLog } from "../messaging/sent-log.ts";
import { SentOutbox } from "../messaging/sent-outbox.ts";
import { AuditLog } from "../moderation/audit-log.ts";
import { lockdownLevels, RealmRules } from "../moderation/realm-rules.ts";
import { ReportLog } from "../moderation/report-log.ts";
import { LongPolls } from "../paging/long-polls.ts";
import { OpenStreams } from "../paging/open-streams.ts";
import { parseRealm } from "../protocol/names.ts";
import { AddressRouter } from "../shard-api/address-router.ts";
import { shardZero } from "../shard-api/realm-context.ts";
import { isShardName, parseShardName } from "../shard-api/shard-names.ts";
import { AlarmSchedule } from "../storage/alarm-schedule.ts";
import { type PresentOf, withoutSteps } from "../storage/clock.ts";
import { ClockHistory } from "../storage/clock-history.ts";
import { DatabaseReader } from "../storage/database-reader.ts";
import { EventDispatcher } from "../storage/event-dispatcher.ts";
import { UnitOfWork } from "../storage/unit-of-work.ts";
import { AccountDirectory } from "./account-directory.ts";
import { AccountEmptier } from "./account-emptier.ts";
import { AccountRemover } from "./account-remover.ts";
import { BatchReceiver } from "./batch-receiver.ts";
import { BulkExecutor } from "./bulk-executor.ts";
import { CommandExecutor } from "./command-executor.ts";
import { ShardReports } from "./cross-store-queries.ts";
import { Maintenance } from "./maintenance.ts";
import { MarkReadCommand } from "./mark-read-command.ts";
import { OperatorCommands } from "./operator-commands.ts";
import type { ShardPorts } from "./ports.ts";
import { ReportCommand } from "./report-command.ts";
import { Retention } from "./retention.ts";
import { migrate } from "./schema.ts";
import { Shard } from "./shard.ts";
import { ShardCountGuard } from "./shard-count-guard.ts";
import { ShardInfoStore } from "./shard-info-store.ts";

/**
 * Builds a shard from its host's ports. Each part is given what stands above it; what happens after a commit is subscribed at the
 * end.
 *
 * @param shardName such as `surabaya/0`
 */
export function createShard(shardName: string, config: Config, ports: ShardPorts): Shard {
  const { monotonic, random, timer, shards } = ports;
  const { realm, shardIndex } = parseShardName(shardName);
  const isShardZero = shardIndex === 0;
  const context = { realm, config, shards };
  const router = new AddressRouter(config, realm, shardIndex);

  // Storage
  ports.driver.transaction(() => migrate(ports.driver));
  const database = new DatabaseReader(ports.driver);
  const dispatcher = new EventDispatcher();
  const unitOfWork = new UnitOfWork({ driver: ports.driver, dispatcher, scheduleCommit: ports.scheduleCommit });
  const historyDeps = { shardName, database, clock: ports.clock, monotonic };
  const clockHistory = ports.hasTrustedClock ? null : new ClockHistory(historyDeps);
  const clock = clockHistory?.now ?? ports.clock;
  const steady = clockHistory?.steady ?? withoutSteps(clock);
  const presentOf: PresentOf = clockHistory?.presentOf ?? ((time) => time);
  const alarm = new AlarmSchedule(ports.alarm);
  const info = new ShardInfoStore(database);
  const shardCount = new ShardCountGuard({
    store: info,
    unitOfWork,
    configured: config.shards,
    askShardZero: isShardZero ? null : () => shardZero(context).recordedShardCount(),
  });

  // Federation
  const { fetch, canConnect } = ports;
  const outbound = { fetch, localPeers: config.localPeers, timer, ...(canConnect && { canConnect }) };
  const signingKeys = new SigningKeys({ database, unitOfWork, clock: steady.now });
  const signingKey = () => (isShardZero ? signingKeys.current() : shardZero(context).currentSigningKey());
  const federation = new FederationClient({ realm, policy: config, outbound, clock, signingKey });
  const discovery = new Discovery({ policy: config, outbound });
  const peerKeys = new PeerKeyStore({ database, unitOfWork, discovery, policy: config, clock: steady.now });
  const admission = new PeerAdmission({
    ratePerSecond: config.peerRate,
    strangeRealmBytesPerDay: config.strangeRealmBytesPerDay,
    isConfigured: (peer) => config.hosted.has(peer) || config.peers.has(peer),
    clock: monotonic,
  });

  // Messaging
  const longPolls = new LongPolls(timer);
  const logs = new MessageLogStore(database, unitOfWork, limits.quotasPerMessageLog * config.accountQuotaBytes);
  const mailboxes = new MailboxLookup(realm, logs);
  const conversations = new ConversationStore(database, unitOfWork, mailboxes);
  const readMarkers = new ReadMarkers(database);
  const sentLog = new SentLog(database, unitOfWork, config.accountQuotaBytes);
  const checkpoints = new AccountCheckpoints(database, unitOfWork);
  const conversationList = new ConversationList({
    database,
    checkpoints,
    mailboxes,
    logs,
    sentLog,
    conversations,
    readMarkers,
    unitOfWork,
    timer,
  });
  const contactRequests = new ContactRequests({
    realm,
    isOnByDefault: config.contactRequests,
    database,
    unitOfWork,
    conversations,
    clock,
  });
  const blocks = new Blocks(database, unitOfWork, clock, contactRequests);
  const mailboxWriter = new MailboxWriter({
    realm,
    mailboxes,
    logs,
    conversations,
    conversationList,
    blocks,
    contactRequests,
    clock,
  });

  // Delivery of what accounts send
  const transport = ports.transport ?? new OutboundTransport(shards, new HttpsTransport(federation));
  const policy = ports.retryPolicy ?? retryPolicy;
  const isPermanent = isPermanentDestination(config);
  const queueParts = { unitOfWork, alarm, clock, monotonic, presentOf, random, timer, policy, isPermanent };
  const destinations = new DestinationStore(database, "messages");
  const trigger = new DeliveryTrigger({ queue: "messages", destinations, alarm, clock });
  const queuedCounts = new QueuedCounts(database, unitOfWork);
  const outbox = new SentOutbox({
    sentLog,
    destinations,
    trigger,
    mailboxes,
    mailboxWriter,
    conversationList,
    counts: queuedCounts,
    isStrange: (destination) => !isPermanent(destination),
  });
  const queues = new DeliveryQueues({ ...queueParts, queue: "messages", outbox, destinations, transport });

  // Groups
  const memberships = new Memberships(database, unitOfWork, readMarkers);
  const updateReceiver = new MembershipUpdateReceiver({ router, mailboxes, mailboxWriter, blocks, memberships });
  const updateDestinations = new DestinationStore(database, "group-updates");
  const updateTrigger = new DeliveryTrigger({
    queue: "group-updates",
    destinations: updateDestinations,
    alarm,
    clock,
  });
  const cursors = new ReplicationCursors(database, updateTrigger);
  const pendingUpdates = new PendingMembershipUpdates(database, updateTrigger);
  const members = new GroupMembers(database, unitOfWork);
  const groupStore = new GroupStore({ database, unitOfWork, logs, members });
  const groups = new Groups({
    realm,
    router,
    store: groupStore,
    members,
    logs,
    cursors,
    pendingUpdates,
    updateReceiver,
    clock,
  });
  const replicaStore = new ReplicaStore(database, logs, members);
  const replicas = new Replicas({ router, store: replicaStore, members, logs, cursors, unitOfWork, clock, monotonic });
  const updateOutbox = new GroupUpdateOutbox({ realm, cursors, pendingUpdates, groups, replicas });
  const updateQueues = new DeliveryQueues({
    ...queueParts,
    queue: "group-updates",
    outbox: updateOutbox,
    destinations: updateDestinations,
    transport: treatRefusalAsBackoff(transport),
    minIntervalMs: limits.groupUpdateMinIntervalMs,
  });
  const groupRequests = new GroupRequestRouter({
    router,
    shards,
    federation,
    unitOfWork,
    groups,
    replicas,
    pendingUpdates,
    updateQueues,
  });
  const groupCommands = new GroupCommands({
    router,
    shards,
    unitOfWork,
    groups,
    memberships,
    requests: groupRequests,
  });
  const lastWrittenIds = new ReadYourWrites();
  const groupReader = new GroupReader({
    router,
    shards,
    federation,
    groups,
    replicas,
    memberships,
    lastWrittenIds,
    logs,
    longPolls,
  });
  const groupSummaries = new GroupSummaries({
    router,
    shards,
    groups,
    replicas,
    memberships,
    logs,
    readMarkers,
    conversationList,
  });
  const readCommand = new MarkReadCommand({
    router,
    unitOfWork,
    conversations,
    memberships,
    summaries: groupSummaries,
    readMarkers,
  });
  const receiver = new BatchReceiver({
    router,
    unitOfWork,
    mailboxWriter,
    groups,
    replicas,
    memberships,
    updateReceiver,
    clock,
  });

  // Accounts and their commands
  const tokenStore = new TokenStore(database);
  const sessions = new Sessions({
    realm,
    store: new SessionStore(database),
    tokens: tokenStore,
    unitOfWork,
    clock: steady,
  });
  const tokens = new Tokens({ realm, store: tokenStore, sessions, unitOfWork, clock: steady });
  const accountStore = new AccountStore(database, logs);
  const resetCodes = new ResetCodes(database, steady);
  const accounts = new Accounts({
    realm,
    store: accountStore,
    sessions,
    unitOfWork,
    hashing: ports.hashing,
    tokens: tokenStore,
    resetCodes,
    unknownNames: new UnknownNames(database),
    // Where anybody may register, a registration says which names exist.
    hidesNames: config.registration !== "open",
    clock,
    monotonic,
  });
  const inviteCodes = new InviteCodes({ database, unitOfWork, clock: steady });
  const useInviteCode = (digest: string) =>
    isShardZero ? inviteCodes.use(digest) : shardZero(context).useInviteCode(digest);
  const passwordLogins = new PasswordLogins({ realm, store: accountStore, accounts, clock });
  const sender = new IdempotentSend({ unitOfWork, sentLog, queues });
  const sendParts = { sender, sentLog, outbox, conversationList, clock };
  const destinationReports = new DestinationReports({
    config,
    router,
    shards,
    queues: [
      { outbox, destinations, queues },
      { outbox: updateOutbox, destinations: updateDestinations, queues: updateQueues },
    ],
  });
  const bans = new AccountBans(accountStore);
  const rules = new RealmRules(database);
  const registry = new SocketRegistry(ports.sockets, timer);
  const directory = new AccountDirectory({
    reports: new ShardReports(database),
    unitOfWork,
    store: accountStore,
    bans,
    sessions,
    tokens: tokenStore,
    mailboxes,
    mailboxWriter,
    registry,
    clock,
    timer,
  });
  const accountEmptier = new AccountEmptier({
    unitOfWork,
    mailboxes,
    logs,
    sentLog,
    queuedCounts,
    conversations,
    conversationList,
    timer,
  });
  const reports = new ReportLog(database, unitOfWork, clock);
  const audit = new AuditLog(database, unitOfWork, clock);
  const remover = new AccountRemover({
    accounts,
    store: accountStore,
    bans,
    sessions,
    tokens: tokenStore,
    resetCodes,
    memberships,
    groupCommands,
    emptier: accountEmptier,
    logs,
    sentLog,
    conversations,
    conversationList,
    checkpoints,
    readMarkers,
    blocks,
    contactRequests,
    unitOfWork,
    clock,
  });
  const budgets = new AccountBudgets({ ratePerSecond: config.accountRate, clock: monotonic, timer });
  const conversationCommands = new ConversationCommands({
    router,
    logs,
    conversations,
    conversationList,
    readMarkers,
    longPolls,
  });
  const executor = new CommandExecutor({
    config,
    router,
    accounts,
    sessions,
    tokens,
    passwordLogins,
    budgets,
    bans,
    blocks,
    contactRequests,
    mailboxWriter,
    rules,
    directory,
    remover,
    privateSender: new PrivateMessageSender({ ...sendParts, logs, conversations, checkpoints, blocks }),
    groupSender: new GroupMessageSender({ ...sendParts, groups, memberships }),
    conversations: conversationCommands,
    sent: new SentCommands({ sentLog, destinations, queues }),
    groupReader,
    groupCommands,
    groupSummaries,
    readCommand,
    reportCommand: new ReportCommand({
      router,
      conversations: conversationCommands,
      groupReader,
      addReport: (report) => (isShardZero ? reports.add(report) : shardZero(context).addReport(report)),
    }),
    destinationReports,
    useInviteCode,
    addToAudit: (act) => (isShardZero ? audit.add(act) : shardZero(context).addToAudit(act)),
    timer,
  });

  // Live sockets
  const flow = new FlowControl(registry, timer);
  const events = new LiveEventPublisher({ registry, flow, memberships, timer });
  const backfill = new Backfill({ registry, flow, logs, timer });
  const live = new LiveConnections({
    registry,
    flow,
    backfill,
    events,
    sessions,
    logs,
    executor,
    clock: steady,
    timer,
  });

  // What peers and the operator ask for
  const allQueues = [queues, updateQueues];
  const contacts = new PeerContacts({ config, router, shards, unitOfWork, destinations, queues: allQueues, clock });
  const handlers = new PeerRequestHandler({
    router,
    shards,
    admission,
    isWelcome: (from) =>
      !rules.isBanned(from) && (rules.lockdown < lockdownLevels.noStrangeRealms || config.peers.has(from)),
    contacts,
    receiver,
    groupReader,
    groupRequests,
  });
  const operator = new OperatorCommands({
    config,
    contacts,
    discovery,
    client: federation,
    signingKeys,
    inviteCodes,
    rules,
    audit,
    reports,
    router,
    shards,
    mailboxes,
    clock,
    monotonic,
  });

  // What happens by itself
  const days = config.retentionDays;
  const retention = new Retention({ info, logs, sentLog, conversations, conversationList, days, clock, presentOf });
  const maintenance = new Maintenance({
    alarm,
    unitOfWork,
    queues: allQueues,
    liveConnections: live,
    retention,
    logs,
    clock,
    clockHistory,
    timer,
  });
  const replicaRepair = new ReplicaRepair(replicas, federation);
  const joinAfterSend = new AutoJoin({ memberships, commands: groupCommands, lastWrittenIds });
  for (const part of [
    executor,
    longPolls,
    events,
    live,
    queues,
    updateQueues,
    joinAfterSend,
    replicaRepair,
    maintenance,
  ]) {
    dispatcher.subscribe(part.onCommit);
  }

  return new Shard({
    realm,
    config,
    router,
    shards,
    unitOfWork,
    shardCount,
    executor,
    bulk: new BulkExecutor(),
    operator,
    receiver,
    groups,
    groupReader,
    groupRequests,
    groupSummaries,
    contacts,
    destinationReports,
    signingKeys,
    peerKeys,
    handlers,
    live,
    longPolls,
    openStreams: new OpenStreams(),
    budgets,
    maintenance,
    accountEmptier,
    accounts,
    inviteCodes,
    directory,
    rules,
    reports,
    audit,
    clock,
  });
}

/** The state of shards and of configured peers is kept; that of other realms only while something waits for them. */
function isPermanentDestination({ peers }: Config): (destination: string) => boolean {
  return (destination) => {
    if (isShardName(destination)) return true;
    const realm = parseRealm(destination);
    return realm !== null && peers.has(realm);
  };
}
