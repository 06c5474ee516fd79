/** Whether `Content-Encoding` (RFC 9110, section 8.4) says that the body is compressed. `identity` means that it is not. */
export function isEncoded(header: string | null): boolean {
  if (header === null) return false;
  return header.split(",").some((each) => !/^(?:identity)?$/i.test(each.trim()));
}
