import type { Letter } from "../chat/outbox.ts";
import { useSurroundings } from "./browser-api.ts";
import { Icon } from "./icons.tsx";

/** What has become of an own message, for the eye and in words. */
export function StateIcon({ state }: { state: Letter["state"] }) {
  const { say } = useSurroundings();
  const text = say(`state-${state}`);
  return (
    <span class={`state state-${state}`} title={text}>
      <Icon name={state === "waiting" ? "sending" : state} />
      <span class="unseen">{text}</span>
    </span>
  );
}
