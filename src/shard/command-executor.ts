import { type AccessCode, parseAccessCode } from "../accounts/access-code.ts";
import type { AccountBans } from "../accounts/account-bans.ts";
import type { Accounts } from "../accounts/accounts.ts";
import { checkScope } from "../accounts/command-scope.ts";
import type { PasswordCaller, PasswordLogins } from "../accounts/password-logins.ts";
import type { Session, Sessions } from "../accounts/sessions.ts";
import type { Tokens } from "../accounts/tokens.ts";
import type { AccountBudgets } from "../admission/account-budgets.ts";
import type { Config } from "../config/config.ts";
import type { DestinationReports } from "../delivery/destination-reports.ts";
import type { GroupCommands } from "../groups/group-commands.ts";
import type { GroupMessageSender } from "../groups/group-message-sender.ts";
import type { GroupReader } from "../groups/group-reader.ts";
import type { GroupSummaries } from "../groups/group-summaries.ts";
import { limits } from "../limits.ts";
import type { SocketCommandExecutor } from "../live/command-queue.ts";
import type { Blocks, BlockTarget } from "../messaging/blocks.ts";
import type { ContactRequests } from "../messaging/contact-requests.ts";
import type { ConversationCommands } from "../messaging/conversation-commands.ts";
import type { MailboxWriter } from "../messaging/mailbox-writer.ts";
import type { PrivateMessageSender } from "../messaging/private-message-sender.ts";
import type { SentCommands } from "../messaging/sent-commands.ts";
import { lockdownLevels, type RealmRules } from "../moderation/realm-rules.ts";
import { type Command, type CommandOf, type CommandSpec, commands, type UserCommand } from "../protocol/commands.ts";
import type { ErrorCode } from "../protocol/error-texts.ts";
import type { Address, FullAddress, Name, RealmName } from "../protocol/names.ts";
import { type Answer, type Failure, failure, isSuccess, retryableFailure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller, NameAndPassword, SessionRef } from "../shard-api/caller.ts";
import { toSessionCommand } from "../shard-api/session-command.ts";
import type { AuditedAct, CredentialCommand } from "../shard-api/shard-api.ts";
import type { Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError } from "../storage/log.ts";
import { StorageUnavailable } from "../storage/sql.ts";
import { Waiters } from "../storage/waiters.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { AccountRemover } from "./account-remover.ts";
import type { MarkReadCommand } from "./mark-read-command.ts";
import type { ReportCommand } from "./report-command.ts";

export interface CommandExecutorDeps {
  config: Config;
  router: AddressRouter;
  accounts: Accounts;
  sessions: Sessions;
  tokens: Tokens;
  passwordLogins: PasswordLogins;
  budgets: AccountBudgets;
  bans: AccountBans;
  blocks: Blocks;
  contactRequests: ContactRequests;
  mailboxWriter: MailboxWriter;
  rules: RealmRules;
  directory: AccountDirectory;
  remover: AccountRemover;
  privateSender: PrivateMessageSender;
  groupSender: GroupMessageSender;
  conversations: ConversationCommands;
  sent: SentCommands;
  groupReader: GroupReader;
  groupCommands: GroupCommands;
  groupSummaries: GroupSummaries;
  readCommand: MarkReadCommand;
  reportCommand: ReportCommand;
  destinationReports: DestinationReports;
  /** Asks shard 0. */
  useInviteCode(digest: string): Promise<boolean>;
  addToAudit(act: AuditedAct): Promise<void>;
  timer: Timer;
}

/** An authenticated account that sends commands. */
export interface CommandSender {
  /** Charges it for a command, or for a line that is none. @returns null, or the refusal */
  admit(command: UserCommand | null): Promise<Failure> | null;
  /** Executes a command that is admitted. */
  execute(command: UserCommand): Promise<Answer> | Answer;
}

/** Executes the commands of this shard's accounts: each goes to its use case. */
export class CommandExecutor implements SocketCommandExecutor {
  readonly #deps: CommandExecutorDeps;
  /** By account. */
  readonly #sessionChanges: Waiters<number>;

  constructor(deps: CommandExecutorDeps) {
    this.#deps = deps;
    this.#sessionChanges = new Waiters(deps.timer);
  }

  /** @param byOperator whether the request has the operator's token */
  authenticateOrRegister(command: CredentialCommand, byOperator: boolean): Promise<Answer> | Answer {
    const { accounts, rules } = this.#deps;
    const closedFrom = command.name === "auth" ? lockdownLevels.noLogins : lockdownLevels.noRegistrations;
    if (!byOperator && rules.lockdown >= closedFrom) return lockedDown();
    if (command.name === "auth") return accounts.auth(command.account, command.password);
    const { account, password, options } = command;
    const code = options.code === undefined ? null : parseAccessCode(options.code);
    if (options.code !== undefined && !code) return failure("bad-code");
    if (code?.kind === "reset") return this.#resetPassword(account, password, code.digest);
    return this.#register(account, password, code, byOperator);
  }

  async #resetPassword(account: Name, password: string, codeDigest: string): Promise<Answer> {
    const { accounts, addToAudit } = this.#deps;
    const answer = await accounts.resetPassword(account, password, codeDigest);
    // The password is set and the code is used up, so that nobody can repeat this.
    const act = { actor: account, act: "password-reset", target: account };
    if (isSuccess(answer)) await addToAudit(act).catch((error) => logError("audit-failed", error, {}));
    return answer;
  }

  #register(name: Name, password: string, code: AccessCode | null, byOperator: boolean): Promise<Answer> | Answer {
    const { accounts, config, useInviteCode } = this.#deps;
    if (config.registration === "closed") return failure("registration-closed");
    const needsCode = config.registration === "invite" && !byOperator;
    if (needsCode && !code) return failure("invitation-required");
    return accounts.register(name, password, async () => {
      const isPermitted = !needsCode || !code || (await useInviteCode(code.digest));
      return isPermitted ? null : failure("bad-code");
    });
  }

  /** Null where the session is open. */
  checkSession(ref: SessionRef): Failure | null {
    const session = this.#deps.sessions.authenticate(ref);
    return "error" in session ? session : null;
  }

  execute(command: UserCommand, ref: SessionRef): Promise<Answer> | Answer {
    const session = this.#deps.sessions.authenticate(ref);
    if ("error" in session) return session;
    return this.#deps.budgets.admit(session.caller.name, command) ?? this.#executeFor(session, ref, command);
  }

  /** Whoever sends commands with a session or a token. Its end is noticed by each command. */
  senderOf(ref: SessionRef): CommandSender | Failure {
    const { budgets, sessions } = this.#deps;
    const session = sessions.authenticate(ref);
    if ("error" in session) return session;
    return {
      admit: (command) => budgets.admit(session.caller.name, command),
      execute: (command) => {
        const present = sessions.authenticate(ref);
        return "error" in present ? present : this.#executeFor(present, ref, command);
      },
    };
  }

  /** Executes a command that is admitted. */
  #executeFor(session: Session, ref: SessionRef, command: UserCommand): Promise<Answer> | Answer {
    const refused = checkScope(session.grant, command, this.#recipientOf(command));
    if (refused) return refused;
    const answer = unlessUnavailable(() => this.#dispatch(command, session, ref));
    if (!isWaiting(command)) return answer;
    const isOpen = () => this.#deps.sessions.find(ref) !== null;
    return this.#whileAllowed(isOpen, session.caller.accountId, answer, "session-ended");
  }

  /** Identifies the sender of a request with HTTP Basic. */
  async authenticate(login: NameAndPassword): Promise<PasswordCaller | Failure> {
    if (this.#deps.rules.lockdown >= lockdownLevels.noLogins) return lockedDown();
    return this.#deps.passwordLogins.authenticate(login);
  }

  /** The account of a session that may send operator commands. A token may not: an operator acts in person. */
  operatorOf(ref: SessionRef): Name | Failure {
    const session = this.#deps.sessions.authenticate(ref);
    if ("error" in session) return session;
    if (!this.#deps.directory.isOperator(session.caller.accountId)) return failure("operator-only");
    return session.grant ? failure("session-required") : session.caller.name;
  }

  async operatorWithPassword(login: NameAndPassword): Promise<Name | Failure> {
    const by = await this.authenticate(login);
    if ("error" in by) return by;
    return this.#deps.directory.isOperator(by.caller.accountId) ? by.caller.name : failure("operator-only");
  }

  /** Executes a command of a request with HTTP Basic. */
  async executeAs(by: PasswordCaller, command: UserCommand): Promise<Answer> {
    const sender = this.senderWithPassword(by);
    return (await sender.admit(command)) ?? sender.execute(command);
  }

  senderWithPassword(by: PasswordCaller): CommandSender {
    return {
      admit: (command) => this.#deps.budgets.admit(by.caller.name, command),
      execute: (command) => this.#executeAs(by, command),
    };
  }

  #executeAs(by: PasswordCaller, command: UserCommand): Promise<Answer> | Answer {
    const isStillRight = () => this.#deps.passwordLogins.isStillRight(by);
    if (!isStillRight()) return failure("wrong-credentials");
    const answer = unlessUnavailable(() => this.#dispatch(command, by, null));
    if (!isWaiting(command)) return answer;
    return this.#whileAllowed(isStillRight, by.caller.accountId, answer, "wrong-credentials");
  }

  async executeFromSocket(command: Command | Failure, ref: SessionRef, language: Language): Promise<Answer> {
    const item = "error" in command ? { answer: command } : toSessionCommand(command, language);
    if ("command" in item) return this.execute(item.command, ref);
    // What is no command of a user costs too.
    const sender = this.senderOf(ref);
    if ("error" in sender) return sender;
    return (await sender.admit(null)) ?? item.answer;
  }

  chargeReply({ account }: SessionRef, bytes: number): void {
    this.#deps.budgets.chargeReply(account, bytes);
  }

  /** Where a send goes; null: the command is none. */
  #recipientOf(command: UserCommand): FullAddress | null {
    if (command.name !== "sendprivate" && command.name !== "sendgroup") return null;
    return this.#deps.router.qualify(command.name === "sendprivate" ? command.to : command.group);
  }

  /** Wakes the waiting reads of accounts whose sessions, tokens or password have changed. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) if (event.type === "sessions-changed") this.#sessionChanges.wake(event.accountId);
  };

  /** A long poll that outlasts its session or password is answered at once, without what it waits for. */
  async #whileAllowed(
    isAllowed: () => boolean,
    accountId: number,
    waited: Promise<Answer> | Answer,
    error: ErrorCode,
  ): Promise<Answer> {
    const answer = Promise.resolve(waited);
    let isAnswered = false;
    const done = answer.finally(() => {
      isAnswered = true;
      this.#sessionChanges.wake(accountId);
    });
    while (!isAnswered && isAllowed()) await Promise.race([done, this.#sessionChanges.untilWoken([accountId])]);
    if (isAllowed()) return answer;
    answer.then((late) => (late.kind === "stream" ? late.body.cancel() : undefined)).catch(() => {});
    return failure(error);
  }

  /** @param ref null for a caller without a session */
  #dispatch(
    command: UserCommand,
    { caller, expiresAt }: Session | PasswordCaller,
    ref: SessionRef | null,
  ): Promise<Answer> | Answer {
    const refused = this.#refusalOf(caller, command);
    if (refused) return refused;
    const { accounts, conversations, groupCommands, groupReader, groupSummaries, sent, sessions } = this.#deps;
    switch (command.name) {
      case "sendprivate":
      case "sendgroup":
        return this.#send(caller, command);
      case "inbox":
        return conversations.inbox(caller, command.options);
      case "inboxgroup":
        return groupReader.inboxGroup(caller, command.group, command.options);
      case "sent":
        return sent.sent(caller, command.options);
      case "status":
        return sent.status(caller, command.reference);
      case "threads":
        return conversations.threads(caller, command.options);
      case "thread":
        return conversations.thread(caller, command.with, command.options);
      case "read":
        return this.#deps.readCommand.execute(caller, command);
      case "creategroup":
        return groupCommands.create(caller, command.group, command.options.mode ?? "open");
      case "joingroup":
        return groupCommands.join(caller, command.group);
      case "leavegroup":
        return groupCommands.leave(caller, command.group);
      case "groups":
        return groupSummaries.listGroups(caller);
      case "members":
        return groupCommands.members(caller, command.group);
      case "invite":
        return groupCommands.invite(caller, command.group, command.member);
      case "kick":
        return groupCommands.kick(caller, command.group, command.member);
      case "whoami":
        return sessions.whoami(caller, expiresAt);
      case "sessions":
        return sessions.list(caller, ref);
      case "block":
        return this.#deps.blocks.block(caller, this.#targetOf(command.target));
      case "unblock":
        return this.#deps.blocks.unblock(caller, this.#targetOf(command.target));
      case "blocks":
        return this.#deps.blocks.list(caller);
      case "setting":
        return this.#deps.contactRequests.set(caller, isOn(command.options.requests));
      case "requests":
        return this.#deps.contactRequests.list(caller);
      case "accept":
        return this.#accept(caller, command.sender);
      case "report":
        return this.#deps.reportCommand.execute(caller, command);
      case "token new":
        return this.#deps.tokens.create(caller, command);
      case "tokens":
        return this.#deps.tokens.list(caller);
      case "token revoke":
        return this.#deps.tokens.revoke(caller, command.label);
      case "passwd":
        return accounts.passwd(caller, ref, command.old, command.new);
      case "unregister":
        return this.#deps.remover.remove(caller, command.password);
      case "logout":
        return sessions.logout(caller, ref, command.options.all === "yes");
      case "realms":
        return this.#deps.destinationReports.listRealms(command.options);
    }
  }

  #accept(caller: Caller, sender: Address): Promise<Answer> {
    const { contactRequests, mailboxWriter, router } = this.#deps;
    return contactRequests.accept(caller, router.qualify(sender), (tx, message) =>
      mailboxWriter.storeAccepted(tx, caller.accountId, caller.address, message),
    );
  }

  #targetOf(target: CommandOf<"block">["target"]): BlockTarget {
    return target.name === null ? `@${target.realm}` : this.#deps.router.qualify(target);
  }

  /** What the operator has forbidden. */
  #refusalOf({ accountId }: Caller, command: UserCommand): Failure | null {
    const { reachesOthers }: CommandSpec = commands[command.name];
    if (!reachesOthers) return null;
    const { bans, rules } = this.#deps;
    const reason = bans.reasonOf(accountId);
    if (reason !== null) return failure("banned", { reason: reason && `: ${reason}` });
    const realm = realmOf(command);
    return realm && rules.isBanned(realm) ? failure("realm-banned", { realm }) : null;
  }

  #send(caller: Caller, command: CommandOf<"sendprivate" | "sendgroup">): Promise<Answer> | Answer {
    const { groupSender, privateSender, router } = this.#deps;
    const isPrivate = command.name === "sendprivate";
    const to = isPrivate ? command.to : command.group;
    const route = router.routeTo(to);
    if (!route) return noSuchRealm(to);
    const sender = isPrivate ? privateSender : groupSender;
    return sender.send(caller, {
      kind: isPrivate ? "private" : "group",
      to: route.address,
      text: command.text,
      key: command.options.key ?? null,
      destination: route.destination,
    });
  }
}

function isWaiting(command: UserCommand): boolean {
  return "options" in command && "wait" in command.options && Boolean(command.options.wait);
}

/** The other realm that a command reaches; null: none, or this one. */
function realmOf(command: UserCommand): RealmName | null {
  if ("member" in command && command.name === "invite") return command.member.realm;
  if ("to" in command) return command.to.realm;
  return "group" in command && typeof command.group === "object" ? command.group.realm : null;
}

function lockedDown(): Failure {
  return retryableFailure("locked-down", limits.lockdownRetrySeconds);
}

/** A disk that is full or fails is answered 503, also where an error would be answered `internal`: a bulk request, a socket. */
function unlessUnavailable(work: () => Promise<Answer> | Answer): Promise<Answer> | Answer {
  const answerTo = (error: unknown): Answer => {
    if (!(error instanceof StorageUnavailable)) throw error;
    logError("storage-unavailable", error);
    return retryableFailure("unavailable", limits.retrySoonSeconds);
  };
  try {
    const answer = work();
    return answer instanceof Promise ? answer.catch(answerTo) : answer;
  } catch (error) {
    return answerTo(error);
  }
}

function isOn(value: "on" | "off" | undefined): boolean | undefined {
  return value === undefined ? undefined : value === "on";
}
