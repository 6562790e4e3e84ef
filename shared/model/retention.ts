/** What msdb says of the backups under one certificate. */
export interface KeptBackups {
  backups: number
  /** Latest expiration on record, ISO time; null: none. */
  keptUntil: string | null
  /** How many have no expiration on record. */
  withoutEnd: number
}

/** Until when msdb says that backups are kept; most have no expiration there, and that is said too. */
export const keptText = ({ backups, keptUntil, withoutEnd }: KeptBackups): string => {
  if (backups === 0) return ''
  const open = `msdb names no end for ${withoutEnd === backups ? 'them' : withoutEnd}`
  if (keptUntil === null) return open
  const until = `kept until ${keptUntil.slice(0, 10)} as msdb has it`
  return withoutEnd === 0 ? until : `${until}; ${open}`
}

/** The mark of a key that must stay. */
export const stillNeededText = (kept: KeptBackups): string =>
  kept.backups === 0
    ? '0 backups on record'
    : `${kept.backups} ${kept.backups === 1 ? 'backup' : 'backups'} on record; ${keptText(kept)}`
