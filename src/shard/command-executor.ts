import type { Accounts } from "../accounts/accounts.ts";
import type { PasswordCaller, PasswordLogins } from "../accounts/password-logins.ts";
import type { Session, Sessions } from "../accounts/sessions.ts";
import type { AccountBudgets } from "../admission/account-budgets.ts";
import type { Config } from "../config/config.ts";
import type { DestinationReports } from "../delivery/destination-reports.ts";
import type { GroupCommands } from "../groups/group-commands.ts";
import type { GroupMessageSender } from "../groups/group-message-sender.ts";
import type { GroupReader } from "../groups/group-reader.ts";
import type { GroupSummaries } from "../groups/group-summaries.ts";
import type { SocketCommandExecutor } from "../live/command-queue.ts";
import type { ConversationCommands } from "../messaging/conversation-commands.ts";
import type { PrivateMessageSender } from "../messaging/private-message-sender.ts";
import type { SentCommands } from "../messaging/sent-commands.ts";
import type { Command, CommandOf, UserCommand } from "../protocol/commands.ts";
import type { ErrorCode } from "../protocol/error-texts.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller, NameAndPassword, SessionRef } from "../shard-api/caller.ts";
import { toSessionCommand } from "../shard-api/session-command.ts";
import type { CredentialCommand } from "../shard-api/shard-api.ts";
import type { MarkReadCommand } from "./mark-read-command.ts";

export interface CommandExecutorDeps {
  config: Config;
  router: AddressRouter;
  accounts: Accounts;
  sessions: Sessions;
  passwordLogins: PasswordLogins;
  budgets: AccountBudgets;
  privateSender: PrivateMessageSender;
  groupSender: GroupMessageSender;
  conversations: ConversationCommands;
  sent: SentCommands;
  groupReader: GroupReader;
  groupCommands: GroupCommands;
  groupSummaries: GroupSummaries;
  readCommand: MarkReadCommand;
  destinationReports: DestinationReports;
}

/** Executes the commands of this shard's accounts: each goes to its use case. */
export class CommandExecutor implements SocketCommandExecutor {
  readonly #deps: CommandExecutorDeps;

  constructor(deps: CommandExecutorDeps) {
    this.#deps = deps;
  }

  /** @param byOperator whether the request has the operator's token */
  authenticateOrRegister(command: CredentialCommand, byOperator: boolean): Promise<Answer> | Answer {
    const { accounts, config } = this.#deps;
    if (command.name === "auth") return accounts.auth(command.account, command.password);
    if (config.registration === "closed") return failure("registration-closed");
    if (config.registration === "invite" && !byOperator) return failure("operator-registers");
    return accounts.register(command.account, command.password);
  }

  /** Null where the session is open. */
  checkSession(ref: SessionRef): Failure | null {
    const session = this.#deps.sessions.authenticate(ref);
    return "error" in session ? session : null;
  }

  execute(command: UserCommand, ref: SessionRef): Promise<Answer> | Answer {
    const session = this.#deps.sessions.authenticate(ref);
    if ("error" in session) return session;
    const refused = this.#deps.budgets.admit(session.caller.name, command);
    if (refused) return refused;
    const answer = this.#dispatch(command, session, ref);
    if (!isWaiting(command)) return answer;
    return this.#ifStill(() => this.#deps.sessions.find(ref) !== null, answer, "session-ended");
  }

  /** Identifies the sender of a request with HTTP Basic. */
  authenticate(login: NameAndPassword): Promise<PasswordCaller | Failure> {
    return this.#deps.passwordLogins.authenticate(login);
  }

  /** Executes a command of a request with HTTP Basic. */
  executeAs(by: PasswordCaller, command: UserCommand): Promise<Answer> | Answer {
    const isStillRight = () => this.#deps.passwordLogins.isStillRight(by);
    if (!isStillRight()) return failure("wrong-credentials");
    const refused = this.#deps.budgets.admit(by.caller.name, command);
    if (refused) return refused;
    const answer = this.#dispatch(command, by, null);
    return isWaiting(command) ? this.#ifStill(isStillRight, answer, "wrong-credentials") : answer;
  }

  async executeFromSocket(command: Command, ref: SessionRef, language: Language): Promise<Answer> {
    const item = toSessionCommand(command, language);
    return "answer" in item ? item.answer : this.execute(item.command, ref);
  }

  /** A long poll can outlast its session or password: what came after their end is not for its client. */
  async #ifStill(isAllowed: () => boolean, waited: Promise<Answer> | Answer, error: ErrorCode): Promise<Answer> {
    const answer = await waited;
    if (isAllowed()) return answer;
    if (answer.kind === "stream") await answer.body.cancel();
    return failure(error);
  }

  /** @param ref null for a caller without a session */
  #dispatch(
    command: UserCommand,
    { caller, expiresAt }: Session | PasswordCaller,
    ref: SessionRef | null,
  ): Promise<Answer> | Answer {
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
      case "passwd":
        return accounts.passwd(caller, ref, command.old, command.new);
      case "logout":
        return sessions.logout(caller, ref, command.options.all === "yes");
      case "realms":
        return this.#deps.destinationReports.listRealms(command.options);
    }
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
