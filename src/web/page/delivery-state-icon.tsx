import type { PendingMessage } from "../chat/pending-messages.ts";
import { Icon } from "./icons.tsx";
import { usePageContext } from "./page-context.ts";

/** The state of an own message, with a text for screen readers. */
export function DeliveryStateIcon({ state }: { state: PendingMessage["state"] }) {
  const { t } = usePageContext();
  const text = t(`state-${state}`);
  return (
    <span class={`state state-${state}`} title={text}>
      <Icon name={state === "waiting" ? "sending" : state} />
      <span class="visually-hidden">{text}</span>
    </span>
  );
}
