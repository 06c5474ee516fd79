import * as v from "valibot";
import { parseName } from "../protocol/names.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";

const header = "ranah-upgrade-params";

/** The request that opens a live socket at a shard. It carries the token's digest instead of the token. */
export function upgradeRequest(params: UpgradeParams): Request {
  return new Request("https://shard/live", { headers: { upgrade: "websocket", [header]: JSON.stringify(params) } });
}

/** Parses a request of `upgradeRequest`. @throws for any other request; only the Worker can call a shard's `fetch` */
export function upgradeParamsOf(request: Request): UpgradeParams {
  const { session, ...params } = v.parse(upgradeParams, JSON.parse(request.headers.get(header) ?? "null"));
  const account = parseName(session.account);
  if (!account) throw new Error("the upgrade request names no valid account");
  return { ...params, session: { ...session, account } };
}

const upgradeParams = v.object({
  session: v.object({ account: v.string(), tokenDigest: v.string() }),
  after: v.nullable(v.number()),
  language: v.picklist(["id", "en"]),
});
