import { afterEach, beforeEach, vi } from "vitest";
import { ChatClient } from "../../src/web/chat/chat-client.ts";
import { FakeServer } from "./fake-server.ts";

/** The conversation that most tests open. */
export const ani = "private/ani@jakarta";

export interface ClientFixture {
  /** New for each test. */
  readonly server: FakeServer;
  readonly client: ChatClient;
  /** What the client has stored in the browser. */
  readonly stored: Map<string, string>;
  /** Starts the client and opens the conversation with ani. */
  open(): Promise<void>;
  /** A new client with the same server and storage, as after loading the page again. */
  reload(): void;
  /** The loaded messages of the conversation with ani. */
  texts(): string[] | undefined;
  states(): (string | undefined)[] | undefined;
  /** The send commands that the server has received. */
  sends(): string[];
}

/** Lets timers and promises run. */
export const advance = (ms = 10) => vi.advanceTimersByTimeAsync(ms);

/** A client of a fake server, under fake timers. */
export function useClient(): ClientFixture {
  let server: FakeServer;
  let client: ChatClient;
  let stored: Map<string, string>;
  beforeEach(() => {
    vi.useFakeTimers();
    server = new FakeServer();
    stored = new Map();
    client = createClient(server, stored);
  });
  afterEach(() => {
    client.stop();
    vi.useRealTimers();
  });
  const messages = () => client.store.state.windows.get(ani)?.messages;
  return {
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    get stored() {
      return stored;
    },
    async open() {
      client.start();
      client.openConversation(ani);
      await advance();
    },
    reload() {
      client.stop();
      client = createClient(server, stored);
    },
    texts: () => messages()?.map(({ text }) => text),
    states: () => messages()?.map(({ state }) => state),
    sends: () => server.commands.filter((command) => command.startsWith("sendprivate")),
  };
}

function createClient(server: FakeServer, stored: Map<string, string>): ChatClient {
  let keys = 0;
  return new ChatClient(
    { token: "rnh_budi_x", user: server.ownAddress },
    {
      openSocket: (_, handlers) => server.openSocket(handlers),
      post: (command) => server.post(command),
      isOnline: () => server.isOnline,
      isVisible: () => server.isVisible,
      nextFrame: (work) => work(),
      now: () => Date.now(),
      elapsed: () => performance.now(),
      random: () => 0,
      newKey: () => `key-${++keys}`,
      storage: {
        getItem: (name) => stored.get(name) ?? null,
        setItem: (name, text) => void stored.set(name, text),
        removeItem: (name) => void stored.delete(name),
      },
    },
  );
}
