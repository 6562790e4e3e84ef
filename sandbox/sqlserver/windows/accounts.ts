import { createHash } from 'node:crypto'

/** SIDs that are the same on every computer. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  'nt authority\\system': 'S-1-5-18',
  'nt authority\\local service': 'S-1-5-19',
  'nt authority\\network service': 'S-1-5-20',
  'builtin\\administrators': 'S-1-5-32-544',
  'builtin\\users': 'S-1-5-32-545',
  'creator owner': 'S-1-3-0',
  'nt service\\mssqlserver': 'S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003',
}

/** Of an account that this computer knows; null: the name can't be translated. SIDs of domain accounts are ours. */
export function sidOf(account: string): string | null {
  const name = account.toLowerCase() === 'localsystem' ? 'nt authority\\system' : account.toLowerCase()
  const known = WELL_KNOWN[name]
  if (known !== undefined) return known
  if (!/^[^\\]+\\[^\\]+$/.test(name)) return null
  const [domain = ''] = name.split('\\')
  const number = (text: string, at: number): number =>
    createHash('sha256').update(text).digest().readUInt32LE(at)
  const authority = [0, 4, 8].map((at) => number(domain, at)).join('-')
  return `S-1-5-21-${authority}-${1000 + (number(name, 0) % 60_000)}`
}
