/** An address with its realm in a weaker colour. The realm of `ownAddress` is left out. */
export function AddressLabel({ of, ownAddress }: { of: string; ownAddress?: string }) {
  const [name, realm] = of.split("@");
  const isOwnRealm = ownAddress !== undefined && ownAddress.split("@")[1] === realm;
  return (
    <bdi class="address">
      {name}
      {!isOwnRealm && realm && <span class="realm">@{realm}</span>}
    </bdi>
  );
}
