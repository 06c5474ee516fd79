import type { GroupReader } from "../groups/group-reader.ts";
import type { ConversationCommands } from "../messaging/conversation-commands.ts";
import type { CommandOf } from "../protocol/commands.ts";
import { type Answer, failure, textReply } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { ReportedMessage } from "../shard-api/shard-api.ts";

export interface ReportCommandDeps {
  router: AddressRouter;
  conversations: ConversationCommands;
  groupReader: GroupReader;
  /** Asks shard 0. */
  addReport(report: ReportedMessage): Promise<void>;
}

/** Shows a message that an account has received to the operator, who cannot read messages otherwise. */
export class ReportCommand {
  readonly #deps: ReportCommandDeps;

  constructor(deps: ReportCommandDeps) {
    this.#deps = deps;
  }

  /** Answers `report`. */
  async execute(caller: Caller, { reported, reason }: CommandOf<"report">): Promise<Answer> {
    const { addReport, conversations, groupReader, router } = this.#deps;
    const { group, id } = reported;
    const page = { after: Math.max(0, id - 1), limit: 1 };
    const found = await (group ? groupReader.inboxGroup(caller, group, page) : conversations.inbox(caller, page));
    if (found.kind === "failure") return found;
    const [message] =
      found.kind === "data" ? (JSON.parse(found.json) as { id: number; from: string; text: string }[]) : [];
    if (message?.id !== id) return failure("no-such-message", { reference: id });
    await addReport({
      reporter: caller.address,
      group: group && router.qualify(group),
      message: id,
      sender: message.from,
      text: message.text,
      reason: reason ?? "",
    });
    return textReply("reported");
  }
}
