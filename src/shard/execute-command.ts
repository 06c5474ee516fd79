import type { Session } from "../accounts/account-store.ts";
import type { SessionClaim } from "../accounts/session-token.ts";
import { linkReports } from "../delivery/destination-report.ts";
import { listGroups } from "../groups/group-summaries.ts";
import { createGroup, invite, joinGroup, kick, leaveGroup, listMembers } from "../groups/membership-commands.ts";
import type { LogKind } from "../messaging/message-store.ts";
import { sentMessage, sentPage } from "../messaging/sent-commands.ts";
import type { Command, CommandOf, UserCommand } from "../protocol/commands.ts";
import { type Address, fullAddress } from "../protocol/names.ts";
import { type Answer, failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { noSuchRealm } from "../shard-api/address-router.ts";
import type { Actor } from "../shard-api/caller.ts";
import { notOfSession } from "../worker/route-command.ts";
import type { Rooms } from "./composition.ts";
import { conversations, inboxGroup, read, readerOf, thread } from "./read-commands.ts";

/** The commands that open an account or a session. */
export type EntryCommand = CommandOf<"register" | "auth">;

/** @param byOperator whether the operator's token came along */
export function enter(rooms: Rooms, command: EntryCommand, byOperator: boolean): Promise<Answer> | Answer {
  const { accounts, config } = rooms;
  if (command.name === "auth") return accounts.auth(command.account, command.password);
  if (config.registration === "closed") return failure("registration-closed");
  if (config.registration === "invite" && !byOperator) return failure("operator-registers");
  return accounts.register(command.account, command.password);
}

/** Carries out a user's command. */
export function execute(rooms: Rooms, command: UserCommand, claim: SessionClaim): Promise<Answer> | Answer {
  const session = rooms.accounts.authenticate(claim);
  if ("error" in session) return session;
  const answer = carryOut(rooms, command, session, claim);
  const waits = "options" in command && "wait" in command.options && command.options.wait;
  return waits ? whileOpen(rooms, claim, answer) : answer;
}

/** A wait can outlast its session: what came then is not for whoever waited. */
async function whileOpen({ accounts }: Rooms, claim: SessionClaim, waited: Promise<Answer> | Answer): Promise<Answer> {
  const answer = await waited;
  if (accounts.find(claim)) return answer;
  if (answer.kind === "stream") await answer.body.cancel();
  return failure("session-ended");
}

function carryOut(rooms: Rooms, command: UserCommand, session: Session, claim: SessionClaim): Promise<Answer> | Answer {
  const { accounts } = rooms;
  const { account } = session;
  const actor = { account, me: fullAddress(account.name, rooms.realm) };
  switch (command.name) {
    case "sendprivate":
      return send(rooms, actor, "mailbox", command.to, command.text, command.options.key);
    case "inbox":
      return rooms.polls.read(rooms.logs.source(account.id), command.options, readerOf(actor.me));
    case "creategroup":
      return createGroup(rooms, actor, command.group, command.options.mode ?? "open");
    case "sendgroup":
      return send(rooms, actor, "group", command.group, command.text, command.options.key);
    case "inboxgroup":
      return inboxGroup(rooms, actor, command.group, command.options);
    case "sent":
      return sentPage(rooms, account.id, command.options);
    case "status":
      return sentMessage(rooms, account.id, command.reference);
    case "threads":
      return conversations(rooms, actor);
    case "thread":
      return thread(rooms, actor, command.with, command.options);
    case "read":
      return read(rooms, actor, command);
    case "joingroup":
      return joinGroup(rooms, actor, command.group);
    case "leavegroup":
      return leaveGroup(rooms, actor, command.group);
    case "groups":
      return listGroups(rooms, actor);
    case "members":
      return listMembers(rooms, actor, command.group);
    case "invite":
      return invite(rooms, actor, command.group, command.member);
    case "kick":
      return kick(rooms, actor, command.group, command.member);
    case "whoami":
      return accounts.whoami(session);
    case "sessions":
      return accounts.sessions(session, claim);
    case "passwd":
      return accounts.passwd(session, claim, command.old, command.new);
    case "logout":
      return accounts.logout(session, claim, command.options.all === "yes");
    case "realms":
      return linkReports(rooms);
  }
}

/** Carries out a command that came over a live socket. What is not a user's own has its way by `POST /command`, and its rate. */
export async function executeHere(
  rooms: Rooms,
  command: Command,
  claim: SessionClaim,
  language: Language,
): Promise<Answer> {
  return notOfSession(command, language) ?? execute(rooms, command as UserCommand, claim);
}

function send(
  rooms: Rooms,
  { account, me }: Actor,
  kind: LogKind,
  to: Address,
  text: string,
  key: string | undefined,
): Promise<Answer> | Answer {
  const place = rooms.places.find(to);
  if (!place) return noSuchRealm(to);
  const destination = place.kind === "here" ? null : place.destination;
  return rooms.post.send(account, me, { kind, to: place.address, text, key: key ?? null, destination });
}
