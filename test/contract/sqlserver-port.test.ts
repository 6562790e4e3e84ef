import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { SqlConnection, SqlEncryption, SqlTrust } from '../../shared/model/target.ts'
import { addressForm, addressVariable, parseServerAddress } from '../../sandbox/conformance/address.ts'
import { createInstance } from '../../sandbox/sqlserver/engine/create-instance.ts'
import { makeServerCertificate } from '../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer } from '../../sandbox/sqlserver/tds/server.ts'
import { ContractEngine, toyPassword, toyUser } from './sqlserver-port-toy.ts'
import { sqlServerPortSuite, type SqlBackend } from './sqlserver-port.ts'

const connectionTo = (
  host: string,
  port: number,
  user: string,
  encryption: SqlEncryption,
): SqlConnection => ({
  id: asTargetId('t-contractsuite'),
  kind: 'sqlserver',
  name: 'contract',
  environment: 'test',
  host,
  port,
  instanceName: null,
  certificateName: null,
  encryption,
  authentication: { kind: 'sql-login', user, password: asHandleId('h-contract') },
  identity: null,
})

const sandbox = (mode: 'strict' | 'mandatory') => async (): Promise<SqlBackend> => {
  const certificate = makeServerCertificate(['127.0.0.1', 'localhost'])
  const server = await startTdsServer(new ContractEngine(), { ...certificate, encryption: 'required' })
  return {
    connection: connectionTo('127.0.0.1', server.port, toyUser, {
      mode,
      trust: { kind: 'ca', pem: certificate.ca },
    }),
    password: toyPassword,
    stop: () => server.close(),
  }
}

const simulated = async (): Promise<SqlBackend> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ktr-port-'))
  const instance = await createInstance(
    { dataDir, name: 'KTR-PORT', version: 16, edition: 'Developer' },
    {
      logins: [{ name: toyUser, password: toyPassword, roles: ['sysadmin'] }],
      databases: [],
      folders: [],
      historyDays: 0,
    },
  )
  const certificate = makeServerCertificate(['127.0.0.1'])
  const server = await startTdsServer(instance, { ...certificate, encryption: 'required' })
  const trust: SqlTrust = { kind: 'ca', pem: certificate.ca }
  return {
    connection: connectionTo('127.0.0.1', server.port, toyUser, { mode: 'strict', trust }),
    password: toyPassword,
    stop: async () => {
      await server.close()
      instance.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

sqlServerPortSuite('simulated SQL Server', simulated)
sqlServerPortSuite('sandbox transport, mandatory encryption', sandbox('mandatory'))
sqlServerPortSuite('sandbox transport, strict encryption', sandbox('strict'))

const real = process.env[addressVariable]

const realBackend = (address: string) => async (): Promise<SqlBackend> => {
  const { host, port, user, password, encryption } = parseServerAddress(address)
  return {
    connection: connectionTo(host, port, user, encryption),
    password,
    stop: async () => undefined,
  }
}

if (real !== undefined && real !== '') sqlServerPortSuite('real server', realBackend(real))
else {
  describe('SQL Server port: real server', () => {
    it.skip(`needs ${addressVariable}: ${addressForm}`, () => undefined)
  })
}
