import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { openRetention } from "../support/maintenance.ts";
import { migratedDatabase } from "../support/sqlite.ts";

test("a commit that is rolled back because of another write leaves no log out", async () => {
  const memory = migratedDatabase();
  const { unitOfWork } = memory;
  const { logs, retention } = openRetention(memory, 8);
  const message = { uid: null, from: "ani@surabaya" as FullAddress, text: "halo", time: 1, receivedAt: 1 };
  unitOfWork.runNow((tx) => {
    for (let n = 0; n <= limits.retentionChunkLogs; n++) {
      logs.append(tx, logs.addLog(tx, "mailbox", `orang${n}`), message, null);
    }
  });
  const fail = () => {
    throw new Error("no");
  };
  const [first] = await Promise.allSettled([unitOfWork.run((tx) => retention.run(tx)), unitOfWork.run(fail)]);
  expect(first).toEqual({ status: "fulfilled", value: true });
  while (await unitOfWork.run((tx) => retention.run(tx)));
  expect(logs.hasMessages).toBe(false);
});
