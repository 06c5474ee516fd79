import { Icon } from "./icons.tsx";

const tints = 6;

/** A disc with two letters, in a colour that an address keeps. */
export function Avatar({ address, isGroup = false }: { address: string; isGroup?: boolean }) {
  let sum = 7;
  for (const char of address) sum = Math.imul(sum ^ char.charCodeAt(0), 16_777_619) >>> 3;
  const [name = ""] = address.split("@");
  return (
    <span class={`avatar tint-${sum % tints} ${isGroup ? "of-group" : ""}`} aria-hidden="true">
      {isGroup ? <Icon name="group" /> : name.slice(0, 2)}
    </span>
  );
}

/** An address whose realm stands back behind its name. */
export function Address({ of, me }: { of: string; me?: string }) {
  const [name, realm] = of.split("@");
  const isNear = me !== undefined && me.split("@")[1] === realm;
  return (
    <bdi class="address">
      {name}
      {!isNear && realm && <span class="realm">@{realm}</span>}
    </bdi>
  );
}
