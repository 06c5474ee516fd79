import { pingFrame, subprotocol } from "../../../protocol/events.ts";
import { type CheckCase, casesOf } from "../check-case.ts";
import { until } from "../check-run.ts";
import { expectEqual, expectThat, okData } from "../expectations.ts";

export const liveCases: CheckCase[] = casesOf("Live sockets", { needs: ["http"] }, [
  [
    "error.upgrade-required",
    "GET /live without an upgrade is answered upgrade-required",
    async (check) => {
      const { status, headers } = await check.http({ path: "/live" });
      expectEqual([status, headers["error-code"]], [426, "upgrade-required"], "status and error");
    },
  ],
  [
    "live.refused",
    "a socket of a session that does not exist is refused",
    async (check) => {
      const budi = await check.budi;
      const token = `${budi.token.slice(0, -43)}${"A".repeat(43)}`;
      const opened = await check.live({ ...budi, token }).then(
        () => true,
        () => false,
      );
      expectThat(!opened, "the socket is refused");
    },
  ],
  [
    "live.reply",
    "commands over a socket are answered in their order, with error and delivery as members",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      const live = await check.live(budi);
      for (const line of [`sendprivate ${ani.name} lewat socket`, "halo", "whoami"]) live.send(line);
      const replies = await until(() => {
        const all = live.frames.filter((frame) => frame.status !== undefined);
        return all.length === 3 ? all : null;
      }, "three replies");
      expectEqual(
        replies.map(({ status, error }) => [status, error]),
        [
          ["OK", undefined],
          ["ERROR", "unknown-command"],
          ["OK", undefined],
        ],
        "replies",
      );
      expectEqual((replies[0]?.delivery as { state?: string } | undefined)?.state, "delivered", "delivery.state");
    },
  ],
  [
    "live.message",
    "a private message arrives as the event message, and its sender gets the event sent",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      const [from, to] = [await check.live(budi), await check.live(ani)];
      const text = check.newName();
      okData(await budi.command(`sendprivate ${ani.name} ${text}`));
      const isOurs = ({ data }: Record<string, unknown>) =>
        typeof data === "object" && data !== null && "text" in data && data.text === text;
      const message = await to.frame((frame) => frame.event === "message" && isOurs(frame), "the event message");
      expectEqual((message.data as { from?: string }).from, budi.address, "from");
      await from.frame((frame) => frame.event === "sent" && isOurs(frame), "the event sent");
    },
  ],
  [
    "live.after",
    "a socket with after= first gets every message after it, then live, each once and in order",
    async (check) => {
      const [budi, susul] = [await check.budi, await check.member("susul")];
      for (const text of ["1", "2", "3"]) okData(await budi.command(`sendprivate ${susul.name} ${text}`));
      const live = await check.live(susul, 1);
      const end = await live.event("live");
      expectEqual((end.data as { cursor?: number }).cursor, 3, "cursor");
      const ids = live.frames.filter(({ event }) => event === "message").map(({ data }) => (data as { id: number }).id);
      expectEqual(ids, [2, 3], "ids before live");
    },
  ],
  [
    "live.group-message",
    "a message to a group arrives at its members as the event group-message, also at its sender",
    async (check) => {
      const [budi, group] = [await check.budi, check.newName()];
      okData(await budi.command(`creategroup ${group}`));
      const live = await check.live(budi);
      okData(await budi.command(`sendgroup ${group} halo`));
      const { data } = await live.event("group-message");
      const { id, from, text } = data as Record<string, unknown>;
      expectEqual([id, from, text], [1, budi.address, "halo"], "row");
    },
  ],
  [
    "live.membership",
    "the account gets the event membership when its role in a group changes",
    async (check) => {
      const [budi, group] = [await check.budi, check.newName()];
      const live = await check.live(budi);
      okData(await budi.command(`creategroup ${group}`));
      const { data } = await live.event("membership");
      expectEqual((data as { role?: string }).role, "owner", "role");
    },
  ],
  [
    "live.read",
    "the account gets the event read when its read marker moves",
    async (check) => {
      const [budi, group] = [await check.budi, check.newName()];
      okData(await budi.command(`creategroup ${group}`));
      okData(await budi.command(`sendgroup ${group} halo`));
      const live = await check.live(budi);
      okData(await budi.command(`read kind=group ${group} 1`));
      const { data } = await live.event("read");
      expectEqual([(data as { kind?: string }).kind, (data as { id?: number }).id], ["group", 1], "kind and id");
    },
  ],
  [
    "live.post-command-only",
    "register, auth and operator commands over a socket are answered post-command-only",
    async (check) => {
      const live = await check.live(await check.budi);
      for (const line of ["register x rahasia-sekali", "auth x rahasia-sekali", "rotatekey"]) {
        expectEqual((await live.reply(line)).error, "post-command-only", line);
      }
    },
  ],
  [
    "live.ping",
    "the frame ping is answered by the event pong",
    async (check) => {
      const live = await check.live(await check.budi);
      live.send(pingFrame);
      expectEqual((await live.event("pong")).data, null, "data");
    },
  ],
  [
    "live.session-ended",
    "logout closes the sockets of its session with 4401 after the event session-ended",
    async (check) => {
      const penutup = await check.member("penutup");
      const live = await check.live(penutup);
      okData(await penutup.command("logout"));
      await live.event("session-ended");
      expectEqual(await until(() => live.closeCode(), "the close"), 4401, "close code");
    },
  ],
  [
    "live.subprotocol",
    "the server selects the subprotocol ranah",
    async (check) => {
      const budi = await check.budi;
      const { status } = await check.http({
        path: "/live",
        headers: {
          connection: "upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
          "sec-websocket-protocol": "lain",
        },
      });
      expectThat(status >= 400, "a socket without the subprotocol is refused");
      expectEqual(subprotocol, "ranah", "subprotocol");
      await check.live(budi);
    },
  ],
]);
