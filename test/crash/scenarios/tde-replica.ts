import { makeSelfSigned, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { masterKeyBatch, onServer } from '../../support/certificate-answers.ts'
import { answersOfTde, databaseKeysQuery } from '../../support/tde-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const [server, replica] = ['ktr-sqlprod-01', 'ktr-sqlempty-01']
const filePassword = 'Rehearsed-File-Password-1'
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`

/** TDE on a database of an availability group whose replica has the certificate; the replica is watched too. */
export const tdeReplica: CrashScenario = {
  job: 'tde',
  name: 'tde-replica',
  servers: [server, replica],
  prepare: async (stage) => {
    const pair = await makeSelfSigned({
      subject: 'Rehearsed TDE',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2040-01-01T00:00:00Z'),
      bits: 2048,
    })
    const pvk = writePvk(pair.privateKey, Buffer.from(filePassword))
    const bring = `CREATE CERTIFICATE [KT_TDE] FROM BINARY = ${hex(pair.certificate)} WITH PRIVATE KEY (BINARY = ${hex(pvk)}, DECRYPTION BY PASSWORD = N'${filePassword}')`
    for (const one of [server, replica]) await onServer(stage, one, masterKeyBatch, bring)
    await stage.simulators.order({
      command: 'formGroup',
      name: 'AG1',
      replicas: [server, replica],
      databases: ['Sales'],
    })
  },
  answers: async ({ ask }) => ({
    ...(await answersOfTde(ask, { server, databases: ['Sales'], folder: localFolder })),
    certificateMode: 'use',
    certificateName: 'KT_TDE',
    proveOnServer: false,
  }),
  middle: null,
  questions: { 'database key': databaseKeysQuery },
  shortPoints: 1,
}
