import { expect, test } from "vitest";
import { advance, useClient } from "./client-fixture.ts";

const fixture = useClient();

test("a list that cannot be loaded is requested again, at the same rate for any number of refreshes", async () => {
  await fixture.open();
  const { server } = fixture;
  const { execute } = server;
  let loads = 0;
  server.execute = (command) => {
    if (!command.startsWith("threads ")) return execute.call(server, command);
    loads++;
    return { status: "ERROR", data: "", error: "internal" };
  };
  for (let n = 0; n < 10; n++) {
    server.socket.receive({ event: "membership", data: { group: `grup${n}@surabaya`, role: "member" } });
    await advance(100);
  }
  loads = 0;
  await advance(60_000);
  expect(loads).toBeGreaterThan(5);
  expect(loads).toBeLessThan(20);
});
