/** The first commands that a development server prints: budi of surabaya writes to ani of jakarta. The parameters are origins. */
export function firstCommands(surabaya: string, jakarta: string): string {
  const token = `sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p'`;
  return `curl -d 'register budi rahasia-sekali' ${surabaya}/command
curl -d 'register ani rahasia-juga' ${jakarta}/command
BUDI=$(curl -sd 'auth budi rahasia-sekali' ${surabaya}/command | ${token})
ANI=$(curl -sd 'auth ani rahasia-juga' ${jakarta}/command | ${token})
curl -H "Authorization: Bearer $BUDI" -d 'sendprivate ani@jakarta halo dari Surabaya' ${surabaya}/command
curl -H "Authorization: Bearer $ANI" -d 'inbox' ${jakarta}/command`;
}
