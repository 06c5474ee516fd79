import { expect, test } from "vitest";
import { advance, ani, useClient } from "./client-fixture.ts";

const fixture = useClient();
const markers = () => fixture.server.commands.filter((command) => command.startsWith("read "));

test("messages that are read together cost one command", async () => {
  const { server, client } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  for (const text of ["satu", "dua", "tiga"]) {
    server.deliver("ani@jakarta", text);
    client.readMarkers.markRead();
  }
  await advance(2_000);
  expect(markers()).toEqual(["read kind=private ani@jakarta 3"]);
  expect(client.store.state.conversations.get(ani)?.unread).toBe(0);
});

test("a marker is sent again after reconnecting, and at once before the page is closed", async () => {
  const { server, client } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "satu");
  client.readMarkers.markRead();
  server.socket.closeWith(1006);
  await advance(5_000);
  expect(markers()).toEqual(["read kind=private ani@jakarta 1"]);
  server.deliver("ani@jakarta", "dua");
  client.readMarkers.markRead();
  client.readMarkers.flush();
  expect(markers()).toHaveLength(2);
});
