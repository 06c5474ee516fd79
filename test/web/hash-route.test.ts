import { expect, test } from "vitest";
import { conversationHref, conversationKeyFromHash } from "../../src/web/page/hash-route.ts";

test("the hash holds the key of a conversation, and any other hash means the list", () => {
  for (const key of ["private/ani@jakarta", "group/tim.a_b-c@chat.example"]) {
    expect(conversationKeyFromHash(conversationHref(key))).toBe(key);
  }
  for (const hash of ["", "#", "#/", "#/private/ani", "#/x/ani@jakarta", "#/private/<b>@jakarta", "#/group/a@b/c"]) {
    expect(conversationKeyFromHash(hash)).toBeNull();
  }
});
