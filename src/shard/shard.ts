import type { Accounts } from "../accounts/accounts.ts";
import type { InviteCodes } from "../accounts/invite-codes.ts";
import type { ResetCode } from "../accounts/reset-codes.ts";
import type { AccountBudgets } from "../admission/account-budgets.ts";
import type { Config } from "../config/config.ts";
import type { DestinationReports } from "../delivery/destination-reports.ts";
import type { PeerContacts } from "../delivery/peer-contacts.ts";
import type { PeerKeyStore } from "../federation/peer-key-store.ts";
import type { PeerRequestHandler } from "../federation/peer-request-handler.ts";
import type { SigningKeys } from "../federation/signing-keys.ts";
import type { GroupReader } from "../groups/group-reader.ts";
import type { GroupRequestRouter } from "../groups/group-request-router.ts";
import type { GroupSummaries } from "../groups/group-summaries.ts";
import type { Groups } from "../groups/groups.ts";
import type { LiveConnections } from "../live/live-connections.ts";
import type { LiveSocket, SocketState } from "../live/live-socket.ts";
import type { AuditLog } from "../moderation/audit-log.ts";
import type { RealmRules } from "../moderation/realm-rules.ts";
import type { ReportLog } from "../moderation/report-log.ts";
import type { Chunk } from "../paging/chunk.ts";
import type { LongPolls, PollOwner } from "../paging/long-polls.ts";
import type { OpenStreams } from "../paging/open-streams.ts";
import type { GroupMode, OperatorCommand, PageOptions, UserCommand } from "../protocol/commands.ts";
import { federationPaths, federationVersion, type WellKnown } from "../protocol/federation-wire.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import type { FullAddress, Name, RealmName } from "../protocol/names.ts";
import type { Answer, Failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import { type EncodedAnswer, encodeAnswer } from "../shard-api/answer-codec.ts";
import type { NameAndPassword, SessionRef } from "../shard-api/caller.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import type { OutboundItem } from "../shard-api/outbound-items.ts";
import type {
  AccountRow,
  AdmissionAnswer,
  AdmissionRefusal,
  AuditedAct,
  BulkItem,
  CredentialCommand,
  DestinationReport,
  EmptiedAccount,
  GroupSummary,
  GroupSummaryRequest,
  PeerDeliveryAnswer,
  PeerGroupAnswer,
  PeerGroupChunkAnswer,
  PeerKeyLookup,
  PeerRequest,
  RealmRule,
  ReportedMessage,
  ReportPage,
  ShardApi,
  ShardDirectory,
  ShardStats,
  StoredSigningKey,
} from "../shard-api/shard-api.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import type { Clock } from "../storage/clock.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { AccountEmptier } from "./account-emptier.ts";
import type { BatchReceiver } from "./batch-receiver.ts";
import type { BulkExecutor } from "./bulk-executor.ts";
import type { CommandExecutor } from "./command-executor.ts";
import type { Maintenance } from "./maintenance.ts";
import type { OperatorCommands } from "./operator-commands.ts";
import type { ShardCountGuard } from "./shard-count-guard.ts";

export interface ShardDeps {
  realm: RealmName;
  config: Config;
  router: AddressRouter;
  shards: ShardDirectory;
  unitOfWork: UnitOfWork;
  shardCount: ShardCountGuard;
  executor: CommandExecutor;
  bulk: BulkExecutor;
  operator: OperatorCommands;
  receiver: BatchReceiver;
  groups: Groups;
  groupReader: GroupReader;
  groupRequests: GroupRequestRouter;
  groupSummaries: GroupSummaries;
  contacts: PeerContacts;
  destinationReports: DestinationReports;
  signingKeys: SigningKeys;
  peerKeys: PeerKeyStore;
  handlers: PeerRequestHandler;
  live: LiveConnections;
  longPolls: LongPolls;
  openStreams: OpenStreams;
  budgets: AccountBudgets;
  maintenance: Maintenance;
  accountEmptier: AccountEmptier;
  accounts: Accounts;
  inviteCodes: InviteCodes;
  directory: AccountDirectory;
  rules: RealmRules;
  reports: ReportLog;
  audit: AuditLog;
  clock: Clock;
}

/**
 * One shard of a realm: its accounts, sessions, mailboxes, groups and outboxes. This class is the surface that hosts, the Worker
 * and other shards call. Each call is refused while the configured shard count is wrong.
 */
export class Shard implements ShardApi {
  readonly #deps: ShardDeps;
  /** Shard 0 wakes the others once: retention begins when they start. */
  #hasWokenOthers = false;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
  }

  // For the host.

  /** Must be awaited once before the shard serves. */
  async start(): Promise<void> {
    await this.#deps.maintenance.start();
    this.#deps.live.start();
  }

  /** The host's alarm has rung. */
  onAlarm(): Promise<void> {
    return this.#deps.maintenance.run();
  }

  /** The host stops: waiting reads are answered now, and sockets are closed. Other requests may still run to their end. */
  stop(): void {
    this.#deps.longPolls.endAll();
    this.#deps.live.closeAll();
  }

  /** Decides about a live socket, before the host accepts it. */
  async admitSocket(params: UpgradeParams): Promise<SocketState | Failure> {
    return (await this.#refusal()) ?? this.#deps.live.admit(params);
  }

  /** The host has accepted a socket. */
  attachSocket(socket: LiveSocket, state: SocketState): void {
    this.#deps.live.attach(socket, state);
    this.#deps.maintenance.scheduleSessionEnd();
  }

  onSocketFrame(socket: LiveSocket, frame: string | ArrayBuffer): Promise<void> {
    return this.#deps.live.receiveFrame(socket, frame);
  }

  onSocketClosed(socket: LiveSocket): void {
    this.#deps.live.detach(socket);
  }

  // For accounts of the shard.

  async authenticateOrRegister(command: CredentialCommand, byOperator: boolean): Promise<Answer> {
    return (await this.#refusal()) ?? this.#deps.executor.authenticateOrRegister(command, byOperator);
  }

  async execute(command: UserCommand, session: SessionRef): Promise<EncodedAnswer> {
    const answer = (await this.#refusal()) ?? (await this.#deps.executor.execute(command, session));
    return this.#encode(session.account, answer);
  }

  async checkSession(session: SessionRef): Promise<Failure | null> {
    return (await this.#refusal()) ?? this.#deps.executor.checkSession(session);
  }

  async executeBulk(
    items: BulkItem[],
    session: SessionRef,
    language: Language,
    stopOnError: boolean,
  ): Promise<ReadableStream<Uint8Array> | Failure> {
    const { bulk, executor } = this.#deps;
    const sender = (await this.#refusal()) ?? executor.senderOf(session);
    if ("error" in sender) return sender;
    return this.#track(session.account, bulk.execute(items, sender, language, stopOnError));
  }

  async executeWithPassword(command: UserCommand, login: NameAndPassword): Promise<EncodedAnswer> {
    const { executor } = this.#deps;
    const by = (await this.#refusal()) ?? (await executor.authenticate(login));
    return "error" in by ? encodeAnswer(by) : this.#encode(login.account, await executor.executeAs(by, command));
  }

  async executeBulkWithPassword(
    items: BulkItem[],
    login: NameAndPassword,
    language: Language,
    stopOnError: boolean,
  ): Promise<ReadableStream<Uint8Array> | Failure> {
    const { bulk, executor } = this.#deps;
    const by = (await this.#refusal()) ?? (await executor.authenticate(login));
    if ("error" in by) return by;
    const sender = executor.senderWithPassword(by);
    return this.#track(login.account, bulk.execute(items, sender, language, stopOnError));
  }

  // For the operator.

  async operatorOf(session: SessionRef): Promise<Name | Failure> {
    return (await this.#refusal()) ?? this.#deps.executor.operatorOf(session);
  }

  async operatorWithPassword(login: NameAndPassword): Promise<Name | Failure> {
    return (await this.#refusal()) ?? this.#deps.executor.operatorWithPassword(login);
  }

  async executeOperatorCommand(command: OperatorCommand, actor: Name | null): Promise<Answer> {
    return (await this.#refusal()) ?? this.#deps.operator.execute(command, actor);
  }

  banAccount(account: Name, reason: string | null): Promise<boolean> {
    return this.#deps.directory.ban(account, reason);
  }

  async isBanned(account: Name): Promise<boolean> {
    return this.#deps.directory.isBanned(account);
  }

  setOperator(account: Name, isOperator: boolean): Promise<boolean> {
    return this.#deps.directory.setOperator(account, isOperator);
  }

  applyRealmRule(rule: RealmRule): Promise<void> {
    const { clock, rules, unitOfWork } = this.#deps;
    return unitOfWork.run((tx) => rules.apply(tx, rule, clock()));
  }

  async collectStats(): Promise<ShardStats> {
    return this.#deps.directory.stats();
  }

  async listAccounts(page: ReportPage): Promise<AccountRow[]> {
    return this.#deps.directory.list(page);
  }

  async listSpecialAccounts(): Promise<AccountRow[]> {
    return this.#deps.directory.listSpecial();
  }

  notifyAccounts(text: string, uid: string): Promise<number> {
    return this.#deps.directory.notify(text, uid);
  }

  async checkHealth(): Promise<Failure | null> {
    const { config, router, shards } = this.#deps;
    const refusal = await this.#refusal();
    if (refusal || config.retentionDays === null || router.shardIndex !== 0 || this.#hasWokenOthers) return refusal;
    await Promise.all(router.otherShards().map((name) => shards.get(name).checkHealth()));
    this.#hasWokenOthers = true;
    return null;
  }

  // For other shards.

  async deliver(items: OutboundItem[]): Promise<DeliveryResult[] | null> {
    return (await this.#refusal()) ? null : this.#deps.receiver.receive(items);
  }

  async createGroup(name: Name, mode: GroupMode, by: FullAddress): Promise<Answer> {
    const { groups, unitOfWork } = this.#deps;
    return (await this.#refusal()) ?? unitOfWork.run((tx) => groups.create(tx, name, mode, by));
  }

  async readGroup(group: FullAddress, by: FullAddress, page: PageOptions, atLeast: number): Promise<Answer> {
    return (await this.#refusal()) ?? this.#deps.groupReader.read(group, by, page, atLeast);
  }

  async readGroupChunk(
    group: FullAddress,
    by: FullAddress,
    page: PageOptions,
    reader: PollOwner,
  ): Promise<Chunk | Failure> {
    return (await this.#refusal()) ?? this.#deps.groupReader.readChunk(group, by, page, reader);
  }

  async requestGroup(request: GroupRequest): Promise<GroupReply | Failure> {
    return (await this.#refusal()) ?? this.#deps.groupRequests.request(request);
  }

  async summarizeGroups(requests: GroupSummaryRequest[]): Promise<GroupSummary[]> {
    return (await this.#refusal()) ? [] : this.#deps.groupSummaries.summarizeHere(requests);
  }

  retryQueuesTo(realm: RealmName): Promise<void> {
    return this.#deps.contacts.retryHere(realm);
  }

  async reportDestinations(page: ReportPage): Promise<DestinationReport[]> {
    return this.#deps.destinationReports.ofThisShard(page);
  }

  emptyAccount(account: Name): Promise<EmptiedAccount | null> {
    return this.#deps.accountEmptier.empty(account);
  }

  async createResetCode(account: Name): Promise<ResetCode | null> {
    return this.#deps.accounts.createResetCode(account);
  }

  addReport(report: ReportedMessage): Promise<void> {
    return this.#deps.reports.add(report);
  }

  addToAudit(act: AuditedAct): Promise<void> {
    return this.#deps.audit.add(act);
  }

  async useInviteCode(digest: string): Promise<boolean> {
    return this.#deps.inviteCodes.use(digest);
  }

  recordedShardCount(): Promise<number> {
    return this.#deps.shardCount.record();
  }

  currentSigningKey(): Promise<StoredSigningKey> {
    return this.#deps.signingKeys.current();
  }

  // For peers, in shard 0.

  async wellKnown(): Promise<WellKnown> {
    const { clock, realm, signingKeys } = this.#deps;
    const { deliver, query, echo } = federationPaths;
    return {
      realm,
      version: federationVersion,
      time: new Date(clock()).toISOString(),
      endpoints: { deliver, query, echo },
      keys: await signingKeys.publicKeys(),
    };
  }

  findPeerKey(realm: RealmName, keyId: string, client: string | null): Promise<PeerKeyLookup> {
    return this.#deps.peerKeys.find(realm, keyId, client);
  }

  async admitPeer(peer: PeerRequest): Promise<AdmissionAnswer> {
    return (await this.#notServing()) ?? this.#deps.handlers.admitPeer(peer);
  }

  async receiveDelivery(peer: PeerRequest, items: OutboundItem[]): Promise<PeerDeliveryAnswer> {
    return (await this.#notServing()) ?? this.#deps.handlers.receiveDelivery(peer, items);
  }

  async receiveGroupQuery(
    peer: PeerRequest,
    group: FullAddress,
    by: FullAddress,
    page: PageOptions,
  ): Promise<PeerGroupChunkAnswer> {
    return (await this.#notServing()) ?? this.#deps.handlers.receiveGroupQuery(peer, group, by, page);
  }

  async receiveGroupRequest(peer: PeerRequest, request: GroupRequest): Promise<PeerGroupAnswer> {
    return (await this.#notServing()) ?? this.#deps.handlers.receiveGroupRequest(peer, request);
  }

  async receiveEcho(peer: PeerRequest): Promise<AdmissionAnswer> {
    return (await this.#notServing()) ?? this.#deps.handlers.receiveEcho(peer);
  }

  /** Charges the account for a reply, a long one while it is read. */
  #encode(account: Name, answer: Answer): EncodedAnswer {
    if (answer.kind === "stream") return { ...answer, body: this.#track(account, answer.body) };
    if (answer.kind === "data") this.#deps.budgets.chargeReply(account, answer.json.length);
    return encodeAnswer(answer);
  }

  #track(account: Name, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const { budgets, openStreams } = this.#deps;
    return openStreams.track(account, body, (bytes) => budgets.chargeReply(account, bytes));
  }

  async #notServing(): Promise<AdmissionRefusal | null> {
    const failure = await this.#refusal();
    return failure && { kind: "not-serving", failure };
  }

  /** Why this shard may not serve; null: it may. Not a promise where nothing has to be asked: this runs for every command. */
  #refusal(): Promise<Failure | null> | null {
    const { shardCount } = this.#deps;
    return shardCount.isVerified ? null : shardCount.check();
  }
}
