/**
 * The first commands that a development server prints: budi of surabaya writes to ani of jakarta. With their double quotes they work
 * in bash, zsh, fish and cmd.exe. The parameters are origins.
 */
export function firstCommands(surabaya: string, jakarta: string): string {
  return `curl -d "register budi rahasia-sekali" ${surabaya}/command
curl -d "register ani rahasia-juga" ${jakarta}/command
curl ${asBudi} -d "sendprivate ani@jakarta halo dari Surabaya" ${surabaya}/command
curl ${asAni} -d "inbox" ${jakarta}/command`;
}

export const asBudi = "-u budi:rahasia-sekali";
export const asAni = "-u ani:rahasia-juga";
