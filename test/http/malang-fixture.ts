import { afterAll, beforeEach } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

export const [deliverPath, queryPath] = ["/federation/deliver", "/federation/query"];
export const time = new Date().toISOString();

/** A message of a group of malang. */
export const groupMessage = (group: string, id: number, text = `pesan ${id}`) => {
  return { kind: "group-message", group: `${group}@malang`, id, from: "rina@malang", text, time };
};
/** malang's answers to queries. */
export const noSuchGroup = { ok: false, error: "no-such-group" };
export const joined = (newest: number, version?: number) => {
  return { ok: true, reply: { kind: "joined", role: "member", newest, version } };
};

/** A server with one peer, malang, whose groups and members a test controls. */
export async function useMalang() {
  const malang = new FakePeer("malang");
  const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
  beforeEach(() => {
    malang.handlers.clear();
    malang.requests.length = 0;
  });
  afterAll(() => malang.stop());

  const command = (token: string, line: string) => server.command(line, { token });
  const texts = async (token: string, line: string) => {
    const { data } = (await command(token, line)).json;
    return Array.isArray(data) ? (data as { text: string }[]).map(({ text }) => text) : data;
  };
  /** Sends a signed request from malang to surabaya. */
  const sendFromMalang = async (path: string, body: object) =>
    JSON.parse((await sendSigned(server.url, malang.signedRequest(path, JSON.stringify(body), "surabaya"))).text);
  const deliver = async (messages: object[]) => (await sendFromMalang(deliverPath, { messages })).results;
  /** Sets malang's answers to queries about its groups. */
  const answerQueries = (answer: (queries: { kind: string; by: string; have: number }) => object | Promise<object>) =>
    malang.handlers.set(
      queryPath,
      async ({ body }, response) => void response.end(JSON.stringify(await answer(JSON.parse(body)))),
    );
  return { malang, server, command, texts, sendFromMalang, deliver, answerQueries };
}
