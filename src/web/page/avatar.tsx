import { cutText } from "./cut-text.ts";
import { Icon } from "./icons.tsx";

const tintCount = 6;

/** A disc with the first two letters of the name, in a colour that depends only on the address. */
export function Avatar({ address, isGroup = false }: { address: string; isGroup?: boolean }) {
  let hash = 7;
  for (const char of address) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619) >>> 3;
  const [name = ""] = address.split("@");
  return (
    <span class={`avatar tint-${hash % tintCount} ${isGroup ? "is-group" : ""}`} aria-hidden="true">
      {isGroup ? <Icon name="group" /> : cutText(name, 2)}
    </span>
  );
}
