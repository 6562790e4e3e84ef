import { writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makeSelfSigned, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import {
  answersOfCertificate,
  certificateBatch,
  masterKeyBatch,
  onServer,
  targetNamed,
} from '../../support/certificate-answers.ts'
import { pickFolder } from '../../support/encrypted-backup-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const [server, other] = ['ktr-sqlprod-01', 'ktr-sqlempty-01']

/** To another server over the two connections. */
export const certificateCopy: CrashScenario = {
  job: 'certificate',
  name: 'certificate-copy',
  servers: [server, other],
  prepare: async (stage) => {
    await onServer(stage, server, masterKeyBatch, certificateBatch('KT_Shared'))
    await onServer(stage, other, masterKeyBatch)
  },
  answers: async ({ ask }) =>
    answersOfCertificate(
      ask,
      { server, localFolder: null },
      { task: 'copy', certificateName: 'KT_Shared', replicas: [await targetNamed(ask, other)] },
    ),
  middle: null,
  shortPoints: 2,
}

const filePassword = 'Rehearsed-File-Password-1'

/** From a pair in the person's folder. */
export const certificateImport: CrashScenario = {
  job: 'certificate',
  name: 'certificate-import',
  servers: [server],
  prepare: async (stage) => {
    await onServer(stage, server, masterKeyBatch)
    const pair = await makeSelfSigned({
      subject: 'Rehearsed pair',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2040-01-01T00:00:00Z'),
      bits: 2048,
    })
    const at = (name: string): string => join(homedir(), localFolder, name)
    writeFileSync(at('pair.cer'), pair.certificate)
    writeFileSync(at('pair.pvk'), writePvk(pair.privateKey, Buffer.from(filePassword)))
  },
  answers: async ({ ask }) => {
    const target = await targetNamed(ask, server)
    const { handle } = await ask('secrets.keep', {
      purpose: 'sql.key-file-password',
      target,
      label: 'Private key file',
      rule: 'existing-password',
      bytes: Buffer.from(filePassword),
    })
    return answersOfCertificate(
      ask,
      { server, localFolder: null },
      {
        task: 'import-local',
        certificateName: 'KT_Imported',
        sourceFolder: await pickFolder(ask, localFolder),
        sourceCertificateFile: 'pair.cer',
        sourcePrivateKeyFile: 'pair.pvk',
        certificateFilePassword: handle,
      },
    )
  },
  middle: null,
  shortPoints: 2,
}
