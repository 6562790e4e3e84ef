import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlConnection, SqlServerIdentity } from '../../../shared/model/target.ts'
import type { SqlRow } from '../../ports/sql-server.ts'
import { Batch } from './batch.ts'
import type { GuardedConnection } from './link.ts'
import type { Limits } from './limits.ts'

export interface Greeting {
  identity: SqlServerIdentity
  principal: string
  spid: number
}

const question = `SELECT SERVERPROPERTY('ServerName') AS server_name, SERVERPROPERTY('MachineName') AS machine_name,
  SERVERPROPERTY('InstanceName') AS instance_name, ORIGINAL_LOGIN() AS principal, @@SPID AS spid;`

/** Who answers, asked on each new connection before anything else. Any login may ask this. */
export const readGreeting = async (link: GuardedConnection, limits: Limits): Promise<Greeting> => {
  const batch = new Batch(
    link,
    { target: link.peer.name, statement: question, subject: 'its name' },
    { secrets: new Map(), limits, maxRows: 1, timeoutMs: limits.connectTimeoutMs },
  )
  const { resultSets } = await batch.run(() => question)
  const row = resultSets[0]?.[0]
  const serverName = textIn(row, 'server_name')
  const principal = textIn(row, 'principal')
  const spid = row?.['spid']
  if (serverName === '' || principal === '' || typeof spid !== 'number') {
    throw link.brokenProtocol('no name of a server')
  }
  return {
    identity: {
      serverName,
      machineName: textIn(row, 'machine_name'),
      instanceName: textIn(row, 'instance_name'),
      certificateSha256: link.certificate?.sha256 ?? null,
    },
    principal,
    spid,
  }
}

/** Throws `sql-identity-changed` with old and new. A certificate counts where both sides have one. */
export const refuseStranger = (connection: SqlConnection, seen: SqlServerIdentity): void => {
  const known = connection.identity
  if (known === null) return
  const differences = facts.flatMap(([key, words]) => {
    const before = known[key]
    const now = seen[key]
    const unknown = key === 'certificateSha256' && (before === null || now === null)
    return unknown || before === now ? [] : [`its ${words} was ${shown(before)}, now it is ${shown(now)}`]
  })
  if (differences.length === 0) return
  throw new KeyturnError('sql-identity-changed', { target: connection.name, what: differences.join('; ') })
}

const facts = [
  ['serverName', 'server name'],
  ['machineName', 'machine name'],
  ['instanceName', 'instance name'],
  ['certificateSha256', 'certificate'],
] as const

const shown = (value: string | null): string => (value === null || value === '' ? 'none' : value)

/** A default instance has no instance name: NULL reads as empty. */
const textIn = (row: SqlRow | undefined, column: string): string => {
  const value = row?.[column]
  return typeof value === 'string' ? value : ''
}
