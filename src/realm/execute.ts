import type { Session } from "../account/store.ts";
import type { SessionClaim } from "../account/token.ts";
import { limits } from "../limits.ts";
import type { Reader } from "../message/logs.ts";
import type { LogKind } from "../message/store.ts";
import { pageAnswer } from "../message/stream.ts";
import { pageOf, readRemoteGroup } from "../peer/remote-group.ts";
import { type Command, type CommandOf, commands, type Page, type UserCommand } from "../protocol/commands.ts";
import { type Address, type FullAddress, fullAddress, splitAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { dispatch } from "./dispatch.ts";
import { linkReports } from "./links-report.ts";
import { realmObject } from "./objects.ts";
import type { Rooms } from "./rooms.ts";
import { sentMessage, sentPage } from "./sent-page.ts";

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
  const { accounts, logs } = rooms;
  const session = accounts.authenticate(claim);
  if ("error" in session) return session;
  const me = fullAddress(session.account.name, rooms.realm);
  switch (command.name) {
    case "sendprivate":
      return send(rooms, session, me, "mailbox", command.to, command.text, command.options.key);
    case "inbox":
      return logs.read(session.account.id, command.options, readerOf(me));
    case "creategroup":
      return createGroup(rooms, command, me);
    case "sendgroup":
      return send(rooms, session, me, "group", command.group, command.text, command.options.key);
    case "inboxgroup":
      return readGroup(rooms, command.group, command.options, me);
    case "sent":
      return sentPage(rooms, session.account.id, command.options);
    case "status":
      return sentMessage(rooms, session.account.id, command.reference);
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

/** Carries out a command that came over a live socket; what another object has to do is brought there. */
export async function executeHere(
  rooms: Rooms,
  command: Command,
  claim: SessionClaim,
  language: Language,
): Promise<Answer> {
  const { by } = commands[command.name];
  if (by === "user") return execute(rooms, command as UserCommand, claim);
  return dispatch(rooms.env, rooms.config, rooms.realm, command, { kind: "session", claim }, language);
}

function send(
  rooms: Rooms,
  session: Session,
  from: FullAddress,
  kind: LogKind,
  to: Address,
  text: string,
  key: string | undefined,
): Promise<Answer> | Answer {
  const place = rooms.places.find(to);
  if (!place) return noSuchRealm(to);
  const destination = place.kind === "here" ? null : place.destination;
  return rooms.post.send(session.account, from, { kind, to: place.address, text, key: key ?? null, destination });
}

async function createGroup(rooms: Rooms, { group }: CommandOf<"creategroup">, by: FullAddress): Promise<Answer> {
  const place = rooms.places.find({ name: group, realm: null });
  if (place?.kind === "object") return realmObject(rooms.env, rooms.config, place.destination).createGroup(group, by);
  return rooms.commit.run(() => rooms.groups.create(group, by));
}

async function readGroup(rooms: Rooms, group: Address, page: Page, by: FullAddress): Promise<Answer> {
  const place = rooms.places.find(group);
  switch (place?.kind) {
    case undefined:
      return noSuchRealm(group);
    case "here":
      return rooms.groups.read(splitAddress(place.address).name, place.address, page, readerOf(by));
    case "object":
      return realmObject(rooms.env, rooms.config, place.destination).readGroup(place.address, page, by);
    case "realm": {
      const read = (part: Page) => readRemoteGroup(rooms.https, place.address, by, part);
      const start = await read(page);
      if ("error" in start) return start;
      return pageAnswer(start, async (rest) => {
        const chunk = await read(pageOf(rest));
        // The reply has begun: all that is left is to cut it off, and a reply without its end says so.
        if ("error" in chunk) throw new Error(chunk.error);
        return chunk;
      });
    }
  }
}

/** An account of this deployment, as whoever reads. */
export function readerOf(address: FullAddress): Reader {
  return { name: address, polls: limits.pollsPerAccount };
}

function noSuchRealm({ realm }: Address): Failure {
  return failure("no-such-realm", { realm: realm ?? "" });
}
