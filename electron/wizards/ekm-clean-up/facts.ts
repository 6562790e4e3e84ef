import type { Answers } from '../../../shared/forms/form.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import { providerKey } from '../../../shared/model/host-calls.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { hexOf, textOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { PowerShellHosts } from '../../ports/powershell-host.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import { keyLoginSids, registryKeys } from '../../scripts/tsql/clean-up.ts'
import { allLogins } from '../../scripts/tsql/sight.ts'
import { readEkm } from '../sqlserver/read-ekm.ts'
import { partReader, readSecrets, readServerFacts, serverRef } from '../sqlserver/read-server.ts'
import type { Facts, KeyLogin } from './facts-model.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const common = await readServerFacts(sql, reader)
  const ekm = await readEkm(sql, reader)
  const parts = answers['parts']
  return {
    ...common,
    ekm,
    keyLogins: await part('sys.server_principals', async () =>
      (await allRows(sql, keyLoginSids(), allLogins())).map(keyLoginOf),
    ),
    use: await readUse(answers, ekm, sql, reader),
    registry:
      Array.isArray(parts) && parts.includes('registry')
        ? await part('registry', () => registryIsThere(sql, reader.hosts))
        : null,
    secrets: readSecrets(answers, ['clientSecret'], reader),
  }
}

const readUse = async (
  answers: Answers,
  { keys }: Facts['ekm'],
  sql: SqlServer,
  reader: PlanReader,
): Promise<Facts['use']> => {
  if (answers['scope'] === 'rest' || !keys.read) return null
  const key = keys.value.find(({ name }) => name === answers['key'])
  if (key === undefined || key.thumbprint === '') return null
  return {
    value: await reader.verdicts.asymmetricKey(sql.ref, key.thumbprint),
    at: reader.clock.now().toISOString(),
  }
}

/** S-1-9-1 and 20 bytes: how the login of a certificate looks, and with it that of a key. Not documented for keys. */
const keySid = /^010600000000000901000000([0-9A-F]{40})$/

const keyLoginOf = (row: SqlRow): KeyLogin => ({
  login: textOf(row['login']),
  thumbprint: keySid.exec(hexOf(row['sid']) ?? '')?.[1] ?? null,
})

/** 22001 is what the procedure says of a registry key that is not there. */
const noRegistryKey = 22001

/** By PowerShell where the host is reached, else by the server's own procedure. Throws what either refuses with. */
export const registryIsThere = async (sql: SqlServer, hosts: PowerShellHosts): Promise<boolean> => {
  if (hosts.reachOf(sql).reachable) {
    const [found] = await hosts.run(sql, [{ call: 'read-registry', key: providerKey }])
    return found !== null
  }
  try {
    await sql.query(registryKeys())
    return true
  } catch (error) {
    if (problemOf(error).vendor?.number === noRegistryKey) return false
    throw error
  }
}
