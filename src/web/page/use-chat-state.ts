import { useEffect, useState } from "preact/hooks";
import type { ChatClient } from "../chat/chat-client.ts";
import type { ChatState } from "../chat/chat-store.ts";
import { frames } from "./frame-scheduler.ts";

/** The state of the client. Changes that come together are rendered once, in the next frame. */
export function useChatState(client: ChatClient): ChatState {
  const [state, setState] = useState(client.store.state);
  useEffect(() => {
    const { store } = client;
    let rendered = store.state;
    let isRequested = false;
    const show = () => {
      isRequested = false;
      rendered = store.state;
      setState(rendered);
    };
    const onChange = () => {
      // Text that the user types next is meant for the conversation that is open now.
      if (store.state.openKey !== rendered.openKey) return show();
      if (isRequested) return;
      isRequested = true;
      frames.soon(show);
    };
    show();
    return store.subscribe(onChange);
  }, [client]);
  return state;
}
