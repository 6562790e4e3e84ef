/** Splits 'db.[sch.ema].object' as OBJECT_ID and HAS_PERMS_BY_NAME read it. */
export function parseObjectName(text: string): string[] {
  const parts: string[] = []
  const part = /\s*(?:\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.[\]"]*))\s*(\.|$)/gy
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    parts.push(match[1]?.replaceAll(']]', ']') ?? match[2]?.replaceAll('""', '"') ?? match[3]?.trim() ?? '')
    if (match[4] === '') break
  }
  return parts
}
