import { expect, test } from "vitest";
import { useClient } from "./client-fixture.ts";

const fixture = useClient();

test("the open conversation shows new messages, and the list counts those of the others", async () => {
  const { server, client } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "halo");
  server.deliver("citra@surabaya", "hai");
  expect(fixture.texts()).toEqual(["halo"]);
  expect(client.store.state.conversations.get("private/citra@surabaya")).toMatchObject({ unread: 1 });
  expect(client.store.state.announced?.message.text).toBe("hai");
});
